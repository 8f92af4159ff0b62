using System.Text.Json.Nodes;

namespace ActorTrain;

/// <summary>
/// A model as JSON:
/// <c>{"layers":[{"name":"fc1","type":"Linear","in":784,"out":128},{"name":"relu1","type":"ReLU"}]}</c>.
/// </summary>
public static class ModelJson
{
    /// <summary>The model of a text.</summary>
    /// <param name="text">JSON.</param>
    /// <param name="layers">Layers of your own that it may have; none: the built-in ones only.</param>
    /// <exception cref="RecipeException">A key is missing or unknown, or has a value that is not allowed.</exception>
    /// <exception cref="ShapeMismatchException">A layer does not take what the one before gives.</exception>
    public static Sequential Read(string text, LayerRegistry? layers = null) =>
        new JsonReader(RecipeJson.Parse(text), "model").Whole(json => Read(json, layers ?? LayerRegistry.Empty));

    /// <summary>The names that layers of your own can't have.</summary>
    internal static IEnumerable<string> BuiltIn => Readers.Select(reader => reader.Name);

    internal static Sequential Read(JsonReader json, LayerRegistry own) =>
        Checked(json, () => new Sequential(
            json.Array("layers", layer => (layer.Value<string>("name"), ReadLayer(layer, own)))));

    internal static JsonObject Write(Sequential model) =>
        new() { ["layers"] = new JsonArray([.. model.Layers.Select(l => WriteLayer(l.Name, l.Layer))]) };

    private static Layer ReadLayer(JsonReader json, LayerRegistry own)
    {
        var type = json.Value<string>("type");
        return Checked(json, () => own.Read(type, json)
            ?? Array.Find(Readers, reader => reader.Name == type).Read?.Invoke(json, own)
            ?? throw new RecipeException(
                $"{json.Path}.type is \"{type}\", a layer that is unknown here; give the assembly that has it "
                + $"(--layers FILE.dll, in code a LayerRegistry), or one of {string.Join(", ", BuiltIn)}."));
    }

    // What the layer itself refuses. Layers that do not fit each other are an error of their own.
    private static TLayer Checked<TLayer>(JsonReader json, Func<TLayer> read)
        where TLayer : Layer
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is ArgumentException and not ShapeMismatchException or OverflowException)
        {
            throw new RecipeException($"{json.Path}: {e.Message.Split(" (Parameter")[0]}");
        }
    }

    private static readonly (string Name, Func<JsonReader, LayerRegistry, Layer> Read)[] Readers =
    [
        ("Linear", (json, _) => new Linear(json.Value<int>("in"), json.Value<int>("out"), json.ValueOr("bias", true))),
        ("Conv2d", (json, _) => new Conv2d(
            json.Value<int>("in"), json.Value<int>("out"), json.Value<int>("kernel"), json.ValueOr("stride", 1),
            json.ValueOr("padding", 0), json.ValueOr("bias", true))),
        ("MaxPool2d", (json, _) => new MaxPool2d(
            json.Value<int>("kernel"), Stride(json), json.ValueOr("padding", 0))),
        ("AvgPool2d", (json, _) => new AvgPool2d(
            json.Value<int>("kernel"), Stride(json), json.ValueOr("padding", 0))),
        ("Flatten", (_, _) => new Flatten()),
        ("Unflatten", (json, _) => new Unflatten(
            json.Value<int>("channels"), json.Value<int>("height"), json.Value<int>("width"))),
        ("LayerNorm", (json, _) => new LayerNorm(json.Value<int>("features"), json.ValueOr("epsilon", 1e-5f))),
        ("BatchNorm1d", (json, _) => new BatchNorm1d(
            json.Value<int>("features"), json.ValueOr("epsilon", 1e-5f), json.ValueOr("momentum", 0.1f))),
        ("BatchNorm2d", (json, _) => new BatchNorm2d(
            json.Value<int>("features"), json.ValueOr("epsilon", 1e-5f), json.ValueOr("momentum", 0.1f))),
        ("Dropout", (json, _) => new Dropout(json.ValueOr("p", 0.5f))),
        ("ReLU", (_, _) => new ReLU()),
        ("LeakyReLU", (json, _) => new LeakyReLU(json.ValueOr("slope", 0.01f))),
        ("ELU", (json, _) => new ELU(json.ValueOr("alpha", 1f))),
        ("Softplus", (json, _) => new Softplus(json.ValueOr("beta", 1f), json.ValueOr("threshold", 20f))),
        ("Sigmoid", (_, _) => new Sigmoid()),
        ("Tanh", (_, _) => new Tanh()),
        ("GELU", (_, _) => new GELU()),
        ("SiLU", (_, _) => new SiLU()),
        ("Softmax", (_, _) => new Softmax()),
        ("LogSoftmax", (_, _) => new LogSoftmax()),
        ("Sequential", Read),
        ("Residual", (json, own) => new Residual(json.Object("body", body => ReadLayer(body, own)))),
    ];

    private static int? Stride(JsonReader json) => json.Has("stride") ? json.Value<int>("stride") : null;

    private static JsonObject WriteLayer(string? name, Layer layer)
    {
        var json = new JsonObject();
        if (name is not null) json["name"] = name;
        json["type"] = layer is INamedLayer own ? own.TypeName : layer.GetType().Name;
        foreach (var (key, value) in Settings(name, layer)) json[key] = value;
        return json;
    }

    // What is not the default.
    private static IEnumerable<(string Key, JsonNode? Value)> Settings(string? name, Layer layer) => layer switch
    {
        INamedLayer l => Own(name, l),
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
        _ => throw new RecipeException($"Layer '{name}': {layer.GetType().Name} has no name in model files; make "
            + $"it an INamedLayer, or use {string.Join(", ", BuiltIn)}."),
    };

    private static IEnumerable<(string Key, JsonNode? Value)> Own(string? name, INamedLayer layer) =>
        layer.Settings.Select(setting => setting.Key is "name" or "type"
            ? throw new RecipeException(
                $"Layer '{name}': {layer.TypeName} has a setting named {setting.Key}; give it another name.")
            : (setting.Key, setting.Value?.DeepClone()));

    private static IEnumerable<(string Key, JsonNode? Value)> Pool(Pool2d l) =>
        [
            ("kernel", l.KernelSize), .. Unless("stride", l.Stride, l.KernelSize), .. Unless("padding", l.Padding, 0),
        ];

    private static IEnumerable<(string Key, JsonNode? Value)> Unless<T>(string key, T value, T byDefault)
        where T : struct => value.Equals(byDefault) ? [] : [(key, JsonValue.Create(value))];
}
