using System.Text.Json;

namespace ActorTrain.Parity;

/// <summary>Reads what the reference's form holds.</summary>
internal static class Json
{
    /// <summary>A tensor of <c>{shape, data}</c>.</summary>
    public static Tensor Tensor(this JsonElement json) => ActorTrain.Tensor.Own(
        json.GetProperty("data").EnumerateArray().Select(e => e.GetSingle()).ToArray(),
        Shape.Create([.. json.GetProperty("shape").EnumerateArray().Select(e => e.GetInt32())]));

    /// <summary>Class numbers of <c>{shape, data}</c>.</summary>
    public static int[] Labels(this JsonElement json) =>
        [.. json.GetProperty("data").EnumerateArray().Select(e => e.GetInt32())];

    /// <summary>Tensors by name; none where there is no such object.</summary>
    public static IEnumerable<(string Name, JsonElement Value)> Entries(this JsonElement json, string name) =>
        json.TryGetProperty(name, out var entries)
            ? entries.EnumerateObject().Select(e => (e.Name, e.Value))
            : [];
}

/// <summary>
/// PyTorch's arguments by name. What is not given has PyTorch's default; what nobody asks for is one that is not known.
/// </summary>
internal sealed class Attributes(JsonElement json)
{
    private readonly HashSet<string> _asked = [];

    public float Number(string name, float byDefault) =>
        TryGet(name, out var value) ? value.GetSingle() : byDefault;

    public double Exact(string name, double byDefault) =>
        TryGet(name, out var value) ? value.GetDouble() : byDefault;

    public int Whole(string name, int byDefault) => TryGet(name, out var value) ? value.GetInt32() : byDefault;

    public bool Flag(string name) => TryGet(name, out var value) && value.GetBoolean();

    public string Text(string name, string byDefault) => TryGet(name, out var value) ? value.GetString()! : byDefault;

    public (float First, float Second) Pair(string name, (float, float) byDefault) =>
        TryGet(name, out var value) ? (value[0].GetSingle(), value[1].GetSingle()) : byDefault;

    public int[] Wholes(string name) => TryGet(name, out var value)
        ? value.ValueKind == JsonValueKind.Number
            ? [value.GetInt32()]
            : [.. value.EnumerateArray().Select(e => e.GetInt32())]
        : [];

    public Tensor? Tensor(string name) => TryGet(name, out var value) ? value.Tensor() : null;

    /// <summary>Checks that every argument of the file was asked for.</summary>
    public void CheckAllAsked()
    {
        foreach (var attribute in json.EnumerateObject())
            if (!_asked.Contains(attribute.Name)) throw new UnknownException($"argument {attribute.Name}");
    }

    private bool TryGet(string name, out JsonElement value)
    {
        _asked.Add(name);
        return json.TryGetProperty(name, out value) && value.ValueKind != JsonValueKind.Null;
    }
}
