using System.Text.Json;

namespace ActorTrain.Interop.PyTorch;

/// <summary>What a safetensors file's header says of one tensor.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Kind">Its elements' kind.</param>
/// <param name="Shape">Its shape.</param>
/// <param name="Begin">Its first byte, counted from the header's end.</param>
/// <param name="End">The byte behind its last one.</param>
internal sealed record SafetensorsEntry(string Name, ElementKind Kind, Shape Shape, int Begin, int End);

/// <summary>The header, checked: the tensors fill the data entirely, without overlap.</summary>
internal static class SafetensorsHeader
{
    // The format's own bound.
    private const int MostBytes = 100_000_000;
    private const string Metadata = "__metadata__";

    /// <summary>Its entries in the file's order.</summary>
    /// <exception cref="InteropException">It is none, or does not fit the data.</exception>
    public static IReadOnlyList<SafetensorsEntry> Read(ReadOnlySpan<byte> header, int dataBytes, string file)
    {
        if (header.Length > MostBytes)
            throw new InteropException(file, $"a header of {header.Length} bytes; at most {MostBytes} are read");
        if (header.IsEmpty || header[0] != '{')
            throw new InteropException(file, "no safetensors file: its header does not begin with '{'");
        try
        {
            using var json = JsonDocument.Parse(
                header.ToArray(), new() { AllowDuplicateProperties = false, MaxDepth = 8 });
            var entries = json.RootElement.EnumerateObject()
                .Where(p => p.Name != Metadata)
                .Select(p => Entry(p.Name, p.Value, file)).ToList();
            CheckFilled(entries, dataBytes, file);
            return entries;
        }
        // The second: a name that is no text.
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new InteropException(file, $"its header is no JSON: {e.Message.TrimEnd('.')}");
        }
    }

    private static SafetensorsEntry Entry(string name, JsonElement json, string file)
    {
        var at = $"{file}: '{name}'";
        if (json.ValueKind != JsonValueKind.Object
            || !json.TryGetProperty("dtype", out var type) || type.ValueKind != JsonValueKind.String
            || !json.TryGetProperty("shape", out var shape) || Numbers(shape) is not { } sizes
            || !json.TryGetProperty("data_offsets", out var offsets) || Numbers(offsets) is not [var begin, var end])
            throw new InteropException(at, "its entry lacks a dtype, a shape or two data_offsets");
        var kind = ElementKind.All.FirstOrDefault(k => k.Name == type.GetString())
            ?? throw new InteropException(
                at, $"elements of kind {type.GetString()}; {string.Join(", ", ElementKind.All.Select(k => k.Name))} "
                + "can be read");
        var checkedShape = ShapeRule.Checked(sizes, at);
        var bytes = (long)checkedShape.Count * kind.Bytes;
        return begin >= 0 && begin <= end && end <= int.MaxValue && end - begin == bytes
            ? new(name, kind, checkedShape, (int)begin, (int)end)
            : throw new InteropException(
                at, $"bytes {begin} to {end}, where {checkedShape} of {kind.Name} has {bytes} bytes");
    }

    private static List<long>? Numbers(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Array) return null;
        var numbers = new List<long>();
        foreach (var element in json.EnumerateArray())
        {
            if (element.ValueKind != JsonValueKind.Number || !element.TryGetInt64(out var number)) return null;
            numbers.Add(number);
        }
        return numbers;
    }

    private static void CheckFilled(IEnumerable<SafetensorsEntry> entries, int dataBytes, string file)
    {
        var filled = 0;
        foreach (var entry in entries.OrderBy(e => e.Begin).ThenBy(e => e.End))
        {
            if (entry.Begin != filled)
                throw new InteropException(
                    $"{file}: '{entry.Name}'", entry.Begin < filled
                    ? $"it begins at byte {entry.Begin}, inside the tensor before it, which ends at {filled}"
                    : $"it begins at byte {entry.Begin}, and bytes {filled} to {entry.Begin} are no tensor's");
            filled = entry.End;
        }
        if (filled != dataBytes)
            throw new InteropException(
                file, $"its tensors have {filled} bytes, and behind its header are {dataBytes}: cut off or too long");
    }
}
