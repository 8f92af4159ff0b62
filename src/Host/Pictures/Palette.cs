using ScottPlot;

namespace ActorTrain.Host.Pictures;

/// <summary>Colours that people of every colour vision tell apart (Okabe and Ito 2008).</summary>
internal static class Palette
{
    public static Color Blue { get; } = Color.FromHex("#0072B2");

    public static Color Vermilion { get; } = Color.FromHex("#D55E00");

    public static Color Ink { get; } = Color.FromHex("#222222");

    public static Color Faint { get; } = Color.FromHex("#E4E4E4");

    /// <summary>From white (0) to <paramref name="full"/> (1).</summary>
    public static Color Tint(Color full, double share) => new(
        Mix(full.R, share), Mix(full.G, share), Mix(full.B, share));

    private static byte Mix(byte full, double share) =>
        (byte)Math.Round(255 - ((255 - full) * Math.Clamp(share, 0, 1)));
}
