using System.Globalization;
using System.Text.Json.Nodes;

namespace ActorTrain;

/// <summary>
/// Numbers in JSON that keep every bit. JSON has no NaN and no ∞, which the losses of a run that diverges are: there
/// such a number is a text, its 64 bits in hexadecimal.
/// </summary>
internal static class JsonNumber
{
    /// <summary>The number, or its bits.</summary>
    public static JsonValue Write(double number) => double.IsFinite(number)
        ? JsonValue.Create(number)
        : JsonValue.Create(BitConverter.DoubleToUInt64Bits(number).ToString("x16", CultureInfo.InvariantCulture));

    /// <summary>What was written; none: it is no number.</summary>
    public static double? Read(JsonNode? node) => node switch
    {
        JsonValue value when value.TryGetValue<double>(out var number) => number,
        JsonValue value when value.TryGetValue<string>(out var text)
            && ulong.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var bits) =>
            BitConverter.UInt64BitsToDouble(bits),
        _ => null,
    };
}
