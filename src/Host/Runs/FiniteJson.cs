using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace ActorTrain.Host.Runs;

/// <summary>
/// Figures as JSON for other programs. JSON has no NaN and no ∞: a number that is not finite is null, as
/// <c>JSON.stringify</c> has it.
/// </summary>
internal static class FiniteJson
{
    /// <summary>How objects are written.</summary>
    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web)
    {
        Converters =
        {
            new Converter<double>((writer, number) => writer.WriteNumberValue(number)),
            new Converter<float>((writer, number) => writer.WriteNumberValue(number)),
        },
    };

    /// <summary>A number; null when it is not finite.</summary>
    public static JsonNode? Number(double number) => double.IsFinite(number) ? number : null;

    private sealed class Converter<T>(Action<Utf8JsonWriter, T> write) : JsonConverter<T>
        where T : struct, IFloatingPoint<T>
    {
        public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            throw new NotSupportedException("FiniteJson only writes: null does not tell which number it was.");

        public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options)
        {
            if (T.IsFinite(value)) write(writer, value);
            else writer.WriteNullValue();
        }
    }
}
