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

    private static Layer ReadLayer(JsonReader json) => json.OneOf<Func<Layer>>("type",
        ("Linear", () => new Linear(json.Value<int>("in"), json.Value<int>("out"))),
        ("ReLU", () => new ReLU()),
        ("LogSoftmax", () => new LogSoftmax()))();

    private static JsonObject WriteLayer(string name, Layer layer) => layer switch
    {
        Linear linear =>
            new() { ["name"] = name, ["type"] = "Linear", ["in"] = linear.InFeatures, ["out"] = linear.OutFeatures },
        ReLU => new() { ["name"] = name, ["type"] = "ReLU" },
        LogSoftmax => new() { ["name"] = name, ["type"] = "LogSoftmax" },
        var other => throw new RecipeException(
            $"Layer '{name}': {other.GetType().Name} has no name in model files; use Linear, ReLU or LogSoftmax."),
    };
}
