using System.Text.Json;
using System.Text.Json.Nodes;

namespace ActorTrain;

/// <summary>A recipe as JSON, in one canonical form: equal recipes give equal text.</summary>
public static class RecipeJson
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, IndentSize = 2 };

    /// <summary>The canonical text.</summary>
    public static string Write(Recipe recipe) => ToJson(recipe).ToJsonString();

    /// <summary>The same, for people.</summary>
    public static string WriteIndented(Recipe recipe) => ToJson(recipe).ToJsonString(Indented);

    /// <summary>The recipe of a text.</summary>
    /// <param name="text">JSON.</param>
    /// <param name="layers">Layers of your own that its model may have; none: the built-in ones only.</param>
    /// <exception cref="RecipeException">The text is not a recipe; the message names the key and what is
    /// allowed.</exception>
    public static Recipe Read(string text, LayerRegistry? layers = null)
    {
        var json = new JsonReader(Parse(text), "recipe");
        return new Recipe
        {
            Model = ModelJson.Read(json.Object("model"), layers ?? LayerRegistry.Empty),
            Loss = ReadLoss(json),
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
            }) as JsonObject
                ?? throw new RecipeException("The file holds no JSON object.");
        }
        catch (JsonException e)
        {
            throw new RecipeException($"Not JSON: {e.Message}");
        }
    }

    private static JsonObject ToJson(Recipe recipe)
    {
        var json = new JsonObject
        {
            ["model"] = ModelJson.Write(recipe.Model),
            ["loss"] = WriteLoss(recipe.Loss),
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
        if (recipe.Frozen is { } frozen) json["frozen"] = frozen.Text;
        if (recipe.Augmentation is { } augmentation) json["augmentation"] = AugmentationJson.Write(augmentation);
        return json;
    }

    // A name, or with a setting that is not the default an object. Weights of classes and rows that do not count would
    // change what a minibatch's sum is divided by, which the nodes of a tree do not know.
    private static JsonNode WriteLoss(Loss loss) => loss switch
    {
        NLLLoss when loss.Equals(new NLLLoss()) => "nll",
        CrossEntropyLoss { LabelSmoothing: 0 } when loss.Equals(new CrossEntropyLoss()) => "cross-entropy",
        CrossEntropyLoss l when loss.Equals(new CrossEntropyLoss(l.LabelSmoothing)) =>
            new JsonObject { ["type"] = "cross-entropy", ["labelSmoothing"] = l.LabelSmoothing },
        NLLLoss or CrossEntropyLoss => throw new RecipeException(
            $"Loss {loss.GetType().Name}: a recipe has no class weights and no label to ignore; leave them out."),
        _ => throw new RecipeException(
            $"Loss {loss.GetType().Name} has no name in recipes; use NLLLoss or CrossEntropyLoss."),
    };

    private static Loss ReadLoss(JsonReader json) => json.IsObject("loss")
        ? Checked<Loss>(json, "loss", loss => loss.OneOf<Func<Loss>>(
            "type", ("nll", () => new NLLLoss()),
            ("cross-entropy", () => new CrossEntropyLoss(loss.ValueOr("labelSmoothing", 0f))))())
        : json.OneOf<Loss>("loss", ("nll", new NLLLoss()), ("cross-entropy", new CrossEntropyLoss()));

    // A value that the record itself refuses.
    private static T Checked<T>(JsonReader json, string key, Func<JsonReader, T> read) =>
        Checked(json, key, () => read(json.Object(key)));

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
