using ScottPlot;

namespace ActorTrain.Host.Pictures;

/// <summary>Colours that people of every colour vision tell apart (Okabe and Ito 2008).</summary>
internal static class Palette
{
    public static Color Train { get; } = Color.FromHex("#E69F00");

    public static Color Test { get; } = Color.FromHex("#0072B2");
}
