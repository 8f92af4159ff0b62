using System.Text.Json.Nodes;

namespace ActorTrain;

/// <summary>
/// A model as JSON:
/// <c>{"layers":[{"name":"fc1","type":"Linear","in":784,"out":128},{"name":"relu1","type":"ReLU"}]}</c>.
/// </summary>
public static class ModelJson
{
    /// <summary>The model of a text.</summary>
    /// <exception cref="RecipeException">A key is missing or has a value that is not allowed.</exception>
    /// <exception cref="ShapeMismatchException">A layer does not take what the one before gives.</exception>
    public static Sequential Read(string text) => Read(new JsonReader(RecipeJson.Parse(text), "model"));

    internal static Sequential Read(JsonReader json) =>
        new(json.Array("layers").Select(layer => (layer.Value<string>("name"), ReadLayer(layer))));

    internal static JsonObject Write(Sequential model) =>
        new() { ["layers"] = new JsonArray([.. model.Layers.Select(l => WriteLayer(l.Name, l.Layer))]) };

    private static Layer ReadLayer(JsonReader json)
    {
        try
        {
            return json.OneOf<Func<JsonReader, Layer>>("type", Readers)(json);
        }
        catch (ArgumentOutOfRangeException e)
        {
            throw new RecipeException($"{json.Path}: {e.Message.Split(" (Parameter")[0]}");
        }
    }

    private static readonly (string Name, Func<JsonReader, Layer> Read)[] Readers =
    [
        ("Linear", json => new Linear(json.Value<int>("in"), json.Value<int>("out"), json.ValueOr("bias", true))),
        ("Conv2d", json => new Conv2d(
            json.Value<int>("in"), json.Value<int>("out"), json.Value<int>("kernel"), json.ValueOr("stride", 1),
            json.ValueOr("padding", 0), json.ValueOr("bias", true))),
        ("MaxPool2d", json => new MaxPool2d(json.Value<int>("kernel"), Stride(json), json.ValueOr("padding", 0))),
        ("AvgPool2d", json => new AvgPool2d(json.Value<int>("kernel"), Stride(json), json.ValueOr("padding", 0))),
        ("Flatten", _ => new Flatten()),
        ("Unflatten", json => new Unflatten(
            json.Value<int>("channels"), json.Value<int>("height"), json.Value<int>("width"))),
        ("LayerNorm", json => new LayerNorm(json.Value<int>("features"), json.ValueOr("epsilon", 1e-5f))),
        ("BatchNorm1d", json => new BatchNorm1d(
            json.Value<int>("features"), json.ValueOr("epsilon", 1e-5f), json.ValueOr("momentum", 0.1f))),
        ("BatchNorm2d", json => new BatchNorm2d(
            json.Value<int>("features"), json.ValueOr("epsilon", 1e-5f), json.ValueOr("momentum", 0.1f))),
        ("Dropout", json => new Dropout(json.ValueOr("p", 0.5f))),
        ("ReLU", _ => new ReLU()),
        ("LeakyReLU", json => new LeakyReLU(json.ValueOr("slope", 0.01f))),
        ("ELU", json => new ELU(json.ValueOr("alpha", 1f))),
        ("Softplus", json => new Softplus(json.ValueOr("beta", 1f), json.ValueOr("threshold", 20f))),
        ("Sigmoid", _ => new Sigmoid()),
        ("Tanh", _ => new Tanh()),
        ("GELU", _ => new GELU()),
        ("SiLU", _ => new SiLU()),
        ("Softmax", _ => new Softmax()),
        ("LogSoftmax", _ => new LogSoftmax()),
        ("Sequential", Read),
        ("Residual", json => new Residual(ReadLayer(json.Object("body")))),
    ];

    private static int? Stride(JsonReader json) => json.Has("stride") ? json.Value<int>("stride") : null;

    private static JsonObject WriteLayer(string? name, Layer layer)
    {
        var json = new JsonObject();
        if (name is not null) json["name"] = name;
        json["type"] = layer.GetType().Name;
        foreach (var (key, value) in Settings(name, layer)) json[key] = value;
        return json;
    }

    // What is not the default.
    private static IEnumerable<(string Key, JsonNode? Value)> Settings(string? name, Layer layer) => layer switch
    {
        Linear l => [("in", l.InFeatures), ("out", l.OutFeatures), .. Unless("bias", l.Bias, true)],
        Conv2d l =>
        [
            ("in", l.InChannels), ("out", l.OutChannels), ("kernel", l.KernelSize), .. Unless("stride", l.Stride, 1),
            .. Unless("padding", l.Padding, 0), .. Unless("bias", l.Bias, true),
        ],
        MaxPool2d or AvgPool2d => Pool((Pool2d)layer),
        Unflatten l => [("channels", l.Channels), ("height", l.Height), ("width", l.Width)],
        LayerNorm l => [("features", l.Features), .. Unless("epsilon", l.Epsilon, 1e-5f)],
        BatchNorm l =>
        [
            ("features", l.Features), .. Unless("epsilon", l.Epsilon, 1e-5f), .. Unless("momentum", l.Momentum, 0.1f),
        ],
        Dropout l => [("p", l.P)],
        LeakyReLU l => Unless("slope", l.NegativeSlope, 0.01f),
        ELU l => Unless("alpha", l.Alpha, 1f),
        Softplus l => [.. Unless("beta", l.Beta, 1f), .. Unless("threshold", l.Threshold, 20f)],
        Sequential l => [("layers", Write(l)["layers"]!.DeepClone())],
        Residual l => [("body", WriteLayer(null, l.Body))],
        Flatten or ReLU or Sigmoid or Tanh or GELU or SiLU or Softmax or LogSoftmax => [],
        _ => throw new RecipeException($"Layer '{name}': {layer.GetType().Name} has no name in model files; use "
            + $"{string.Join(", ", Readers.Select(r => r.Name))}."),
    };

    private static IEnumerable<(string Key, JsonNode? Value)> Pool(Pool2d l) =>
        [
            ("kernel", l.KernelSize), .. Unless("stride", l.Stride, l.KernelSize), .. Unless("padding", l.Padding, 0),
        ];

    private static IEnumerable<(string Key, JsonNode? Value)> Unless<T>(string key, T value, T byDefault)
        where T : struct => value.Equals(byDefault) ? [] : [(key, JsonValue.Create(value))];
}
