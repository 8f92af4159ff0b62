using System.Text.Json;

namespace ActorTrain.Core.Tests.Support;

/// <summary>One case of the reference file.</summary>
internal sealed class TorchReference
{
    private static readonly JsonElement File = JsonDocument.Parse(
        System.IO.File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Reference", "torch-reference.json")))
            .RootElement;

    private readonly JsonElement _json;

    private TorchReference(JsonElement json) => _json = json;

    public static TorchReference Training { get; } = new(File.GetProperty("training"));

    public static TorchReference Case(string name) => Named("cases", name);

    public static IEnumerable<string> Names(string list) =>
        File.GetProperty(list).EnumerateArray().Select(e => e.GetProperty("name").GetString()!);

    public static TorchReference Schedule(string name) => Named("schedulers", name);

    public static TorchReference Optimizer(string name) => Named("optimizers", name);

    public Tensor this[params string[] path] => ToTensor(At(path));

    public int[] Labels(params string[] path) =>
        [.. At(path).GetProperty("data").EnumerateArray().Select(e => e.GetInt32())];

    public IEnumerable<Tensor> List(string name) => At(name).EnumerateArray().Select(ToTensor);

    public double[] Numbers(string name) => [.. At(name).EnumerateArray().Select(e => e.GetDouble())];

    public float Attribute(string name) => At("attrs", name).GetSingle();

    public bool Has(string part, string name) => At(part).TryGetProperty(name, out _);

    public string Text(params string[] path) => At(path).GetString()!;

    private static TorchReference Named(string list, string name) =>
        new(File.GetProperty(list).EnumerateArray().Single(e => e.GetProperty("name").GetString() == name));

    private static Tensor ToTensor(JsonElement json) => Tensor.Own(
        json.GetProperty("data").EnumerateArray().Select(e => e.GetSingle()).ToArray(),
        Shape.Create([.. json.GetProperty("shape").EnumerateArray().Select(e => e.GetInt32())]));

    private JsonElement At(params string[] path) => path.Aggregate(_json, (json, key) => json.GetProperty(key));
}
