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
    /// <exception cref="RecipeException">The text is not a recipe; the message names the key and what is
    /// allowed.</exception>
    public static Recipe Read(string text)
    {
        var json = new JsonReader(Parse(text), "recipe");
        return new Recipe
        {
            Model = ModelJson.Read(json.Object("model")),
            Loss = json.OneOf<Loss>("loss", ("nll", new NLLLoss()), ("cross-entropy", new CrossEntropyLoss())),
            Optimizer = ReadOptimizer(json.Object("optimizer")),
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
            ["loss"] = recipe.Loss switch
            {
                NLLLoss => "nll",
                CrossEntropyLoss => "cross-entropy",
                var other => throw new RecipeException(
                    $"Loss {other.GetType().Name} has no name in recipes; use NLLLoss or CrossEntropyLoss."),
            },
            ["optimizer"] = recipe.Optimizer switch
            {
                Sgd sgd => new JsonObject
                {
                    ["type"] = "sgd",
                    ["learningRate"] = sgd.LearningRate,
                    ["momentum"] = sgd.Momentum,
                },
                Adam adam => new JsonObject
                {
                    ["type"] = "adam",
                    ["learningRate"] = adam.LearningRate,
                    ["beta1"] = adam.Beta1,
                    ["beta2"] = adam.Beta2,
                    ["epsilon"] = adam.Epsilon,
                    ["weightDecay"] = adam.WeightDecay,
                },
                var other =>
                    throw new RecipeException(
                        $"Optimizer {other.GetType().Name} has no name in recipes; use Sgd or Adam."),
            },
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
        return json;
    }

    private static Strategy ReadStrategy(string text) => Strategy.TryParse(text, out var strategy)
        ? strategy
        : throw new RecipeException($"recipe.strategy is \"{text}\"; give {Strategy.Allowed}.");

    private static Compression ReadCompression(string text) => Compression.TryParse(text, out var compression)
        ? compression
        : throw new RecipeException($"recipe.compression is \"{text}\"; give {Compression.Allowed}.");

    private static Optimizer ReadOptimizer(JsonReader json) => json.OneOf("type", ("sgd", false), ("adam", true))
        ? new Adam(
            json.Value<float>("learningRate"), json.Value<float>("beta1"), json.Value<float>("beta2"),
            json.Value<float>("epsilon"), json.Value<float>("weightDecay"))
        : new Sgd(json.Value<float>("learningRate"), json.Value<float>("momentum"));
}
