using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ActorTrain;

/// <summary>A recipe as JSON, in one canonical form: equal recipes give equal text.</summary>
public static class RecipeJson
{
    /// <summary>All that a recipe's text may have.</summary>
    internal static readonly ImmutableArray<string> Keys =
    [
        "model", "loss", "optimizer", "batchSize", "microbatches", "dropLast", "seed", "kernel", "epochs", "maxSteps",
        "strategy", "compression", "schedule", "clipping", "averaging", "initialization", "initialSha256", "frozen",
        "augmentation",
    ];

    internal static JsonSerializerOptions Indented { get; } = new() { WriteIndented = true, IndentSize = 2 };

    /// <summary>The canonical text.</summary>
    public static string Write(Recipe recipe) => ToJson(recipe).ToJsonString();

    /// <summary>The same, for people.</summary>
    public static string WriteIndented(Recipe recipe) => ToJson(recipe).ToJsonString(Indented);

    /// <summary>The recipe of a text.</summary>
    /// <param name="text">JSON.</param>
    /// <param name="layers">Layers of your own that its model may have; none: the built-in ones only.</param>
    /// <exception cref="RecipeException">The text is not a recipe; the message names the key and what is
    /// allowed.</exception>
    public static Recipe Read(string text, LayerRegistry? layers = null) => Read(Parse(text), layers);

    internal static Recipe Read(JsonObject recipe, LayerRegistry? layers)
    {
        var json = new JsonReader(recipe, "recipe");
        return new Recipe
        {
            Model = json.Object("model", model => ModelJson.Read(model, layers ?? LayerRegistry.Empty)),
            Loss = Checked(json, "loss", () => LossJson.Read(json, "loss")),
            Optimizer = Checked(json, "optimizer", UpdateRuleJson.ReadOptimizer),
            BatchSize = json.Value<int>("batchSize"),
            Microbatches = json.Value<int>("microbatches"),
            DropLast = json.Value<bool>("dropLast"),
            Seed = json.Value<ulong>("seed"),
            Kernel = json.Value<string>("kernel"),
            Epochs = json.Value<int>("epochs"),
            MaxSteps = json.Has("maxSteps") ? json.Value<int>("maxSteps") : null,
            Strategy = json.Has("strategy") ? ReadStrategy(json.Value<string>("strategy")) : new Synchronous(),
            Compression = json.Has("compression")
                ? ReadCompression(json.Value<string>("compression"))
                : new NoCompression(),
            LearningRateSchedule = json.Has("schedule")
                ? Checked(json, "schedule", UpdateRuleJson.ReadSchedule)
                : new ConstantRate(),
            Clipping = json.Has("clipping") ? Checked(json, "clipping", UpdateRuleJson.ReadClipping) : null,
            Averaging = json.Has("averaging")
                ? Checked(json, "averaging", averaging => new WeightAveraging(averaging.Value<float>("decay")))
                : null,
            Initialization = json.Has("initialization")
                ? Checked(json, "initialization", () => InitializationJson.Read(json))
                : Initialization.Default,
            InitialSha256 = json.Has("initialSha256") ? json.Value<string>("initialSha256") : null,
            Frozen = json.Has("frozen")
                ? Checked(json, "frozen", () => new NamePatterns(json.Value<string>("frozen")))
                : null,
            Augmentation = json.Has("augmentation")
                ? Checked(json, "augmentation", () => AugmentationJson.Read(json))
                : null,
        };
    }

    internal static JsonObject Parse(string text)
    {
        try
        {
            return JsonNode.Parse(text, documentOptions: new()
            {
                CommentHandling = JsonCommentHandling.Skip,
                AllowTrailingCommas = true,
                AllowDuplicateProperties = false,
            }) as JsonObject
                ?? throw new RecipeException("The file holds no JSON object.");
        }
        catch (JsonException e)
        {
            // A key that is there twice has no place in the text.
            throw new RecipeException($"{(e.LineNumber is null ? "A key is given twice" : "Not JSON")}: {e.Message}");
        }
    }

    internal static JsonObject ToJson(Recipe recipe)
    {
        var json = new JsonObject
        {
            ["model"] = ModelJson.Write(recipe.Model),
            ["loss"] = LossJson.Write(recipe.Loss),
            ["optimizer"] = UpdateRuleJson.Write(recipe.Optimizer),
            ["batchSize"] = recipe.BatchSize,
            ["microbatches"] = recipe.Microbatches,
            ["dropLast"] = recipe.DropLast,
            ["seed"] = recipe.Seed,
            ["kernel"] = recipe.Kernel,
            ["epochs"] = recipe.Epochs,
        };
        if (recipe.MaxSteps is { } maxSteps) json["maxSteps"] = maxSteps;
        // Only where it is not the default: recipes of before these existed keep their text, hence their hash.
        if (recipe.Strategy is not Synchronous) json["strategy"] = recipe.Strategy.ToString();
        if (recipe.Compression is not NoCompression) json["compression"] = recipe.Compression.ToString();
        if (recipe.LearningRateSchedule is not ConstantRate)
            json["schedule"] = UpdateRuleJson.Write(recipe.LearningRateSchedule);
        if (recipe.Clipping is { } clipping) json["clipping"] = UpdateRuleJson.Write(clipping);
        if (recipe.Averaging is { } averaging) json["averaging"] = new JsonObject { ["decay"] = averaging.Decay };
        if (!recipe.Initialization.Rules.IsEmpty)
            json["initialization"] = InitializationJson.Write(recipe.Initialization);
        if (recipe.InitialSha256 is { } initial) json["initialSha256"] = initial;
        if (recipe.Frozen is { } frozen) json["frozen"] = frozen.Text;
        if (recipe.Augmentation is { } augmentation) json["augmentation"] = AugmentationJson.Write(augmentation);
        return json;
    }

    // A value that the record itself refuses.
    private static T Checked<T>(JsonReader json, string key, Func<JsonReader, T> read) =>
        Checked(json, key, () => json.Object(key, read));

    private static T Checked<T>(JsonReader json, string key, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (ArgumentException e)
        {
            throw new RecipeException($"{json.Path}.{key}: {e.Message.Split(" (Parameter")[0]}");
        }
    }

    private static Strategy ReadStrategy(string text) => Strategy.TryParse(text, out var strategy)
        ? strategy
        : throw new RecipeException($"recipe.strategy is \"{text}\"; give {Strategy.Allowed}.");

    private static Compression ReadCompression(string text) => Compression.TryParse(text, out var compression)
        ? compression
        : throw new RecipeException($"recipe.compression is \"{text}\"; give {Compression.Allowed}.");
}
