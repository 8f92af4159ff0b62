using System.Text.Json.Nodes;

namespace ActorTrain;

/// <summary>
/// A recipe as a person writes it: the keys of <see cref="RecipeJson"/>, of which all may be left out, and some that
/// say what a recipe counts in steps, or where its data comes from. A model file, <c>{"layers":[…]}</c>, is one that
/// says the model only. Immutable.
/// </summary>
public sealed class RecipeFile
{
    private const string Model = "model";
    private const string Loss = "loss";

    private readonly JsonObject _keys;
    private readonly LayerRegistry? _layers;

    private RecipeFile(JsonObject keys, LayerRegistry? layers) => (_keys, _layers) = (keys, layers);

    /// <summary>The learning rate's schedule where it is a text, for whoever knows the run's length.</summary>
    public string? Schedule { get; private init; }

    /// <summary>The name of the data, if it says one.</summary>
    public string? Data { get; private init; }

    /// <summary>How many of the last training examples are the test split, if it says that.</summary>
    public int? Validation { get; private init; }

    /// <summary>Whether it says where the run ends.</summary>
    public bool SaysEnd => _keys.ContainsKey("epochs") || _keys.ContainsKey("maxSteps");

    /// <summary>The file of a text.</summary>
    /// <param name="text">JSON.</param>
    /// <param name="layers">Layers of your own that its model may have; none: the built-in ones only.</param>
    /// <exception cref="RecipeException">It is none; the message names the key and what is allowed.</exception>
    /// <exception cref="ShapeMismatchException">A layer does not take what the one before gives.</exception>
    public static RecipeFile Read(string text, LayerRegistry? layers = null)
    {
        var json = RecipeJson.Parse(text);
        if (json.ContainsKey("layers"))
        {
            if (json.Select(pair => pair.Key).FirstOrDefault(IsKey) is { } key)
                throw new RecipeException($"{key} stands beside layers; a recipe's layers stand in its model: "
                    + $"{{ \"model\": {{ \"layers\": [ … ] }}, \"{key}\": … }}.");
            // What is wrong with a model file is said of the model: its writer knows of no recipe.
            ModelJson.Read(text, layers ?? LayerRegistry.Empty);
            json = new() { [Model] = json.DeepClone() };
        }
        var reader = new JsonReader(json, "recipe");
        var file = new RecipeFile(json, layers)
        {
            Schedule = json["schedule"] is JsonValue ? reader.Value<string>("schedule") : null,
            Data = reader.Has("data") ? reader.Value<string>("data") : null,
            Validation = reader.Has("validation") ? reader.Value<int>("validation") : null,
        };
        foreach (var (key, _) in json)
            if (!IsKey(key))
                throw new RecipeException(
                    $"recipe.{key} is no key; there are {string.Join(", ", RecipeJson.Keys)}, data and validation.");
        json.Remove("data");
        json.Remove("validation");
        if (file.Schedule is not null) json.Remove("schedule");
        // What can't be read is an error now.
        file.Over(new Recipe());
        return file;
    }

    /// <summary>The text of a whole recipe, for people, and where its data comes from.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="data">The name of its data; none: whoever reads it has to know.</param>
    /// <param name="validation">How many of the last training examples are the test split, if they are.</param>
    public static string Write(Recipe recipe, string? data, int? validation)
    {
        var json = RecipeJson.ToJson(recipe);
        if (data is not null) json["data"] = data;
        if (validation is not null) json["validation"] = validation;
        return json.ToJsonString(RecipeJson.Indented) + "\n";
    }

    /// <summary>
    /// A recipe with what this says; what it leaves out stays as it is, but a loss that does not belong to the model's
    /// last layer.
    /// </summary>
    public Recipe Over(Recipe recipe)
    {
        var json = RecipeJson.ToJson(recipe);
        foreach (var (key, value) in _keys) json[key] = value?.DeepClone();
        var read = RecipeJson.Read(json, _layers);
        return _keys.ContainsKey(Loss) ? read : read with { Loss = FittingLoss(read) };
    }

    private static bool IsKey(string key) => key is "data" or "validation" || RecipeJson.Keys.Contains(key);

    private static Loss FittingLoss(Recipe recipe) => (recipe.Model[^1], recipe.Loss) switch
    {
        (LogSoftmax, CrossEntropyLoss) => new NLLLoss(),
        (not LogSoftmax, NLLLoss) => new CrossEntropyLoss(),
        _ => recipe.Loss,
    };
}
