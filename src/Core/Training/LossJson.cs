using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace ActorTrain;

/// <summary>
/// A recipe's loss as JSON: a name, or with a setting that is not the default an object,
/// <c>{"type":"cross-entropy","labelSmoothing":0.1,"weight":[1,2],"ignoreIndex":0}</c>.
/// </summary>
internal static class LossJson
{
    private const string Nll = "nll";
    private const string CrossEntropy = "cross-entropy";

    // What no label is.
    private static readonly int IgnoresNone = new NLLLoss().IgnoreIndex;

    public static JsonNode Write(Loss loss) => loss switch
    {
        NLLLoss l => Write(Nll, 0, l.Weight, l.IgnoreIndex),
        CrossEntropyLoss l => Write(CrossEntropy, l.LabelSmoothing, l.Weight, l.IgnoreIndex),
        _ => throw new RecipeException(
            $"Loss {loss.GetType().Name} has no name in recipes; use NLLLoss or CrossEntropyLoss."),
    };

    public static Loss Read(JsonReader recipe, string key)
    {
        if (!recipe.IsObject(key))
            return recipe.OneOf<Loss>(key, (Nll, new NLLLoss()), (CrossEntropy, new CrossEntropyLoss()));
        return recipe.Object(key, Read);
    }

    private static Loss Read(JsonReader json)
    {
        ImmutableArray<float> weight = json.Has("weight") ? [.. json.Values<float>("weight")] : default;
        var ignored = json.ValueOr("ignoreIndex", IgnoresNone);
        return json.OneOf<Func<Loss>>(
            "type", (Nll, () => new NLLLoss(weight, ignored)),
            (CrossEntropy, () => new CrossEntropyLoss(json.ValueOr("labelSmoothing", 0f), weight, ignored)))();
    }

    private static JsonNode Write(string type, float labelSmoothing, ImmutableArray<float> weight, int ignored)
    {
        var json = new JsonObject { ["type"] = type };
        if (labelSmoothing != 0) json["labelSmoothing"] = labelSmoothing;
        if (!weight.IsDefaultOrEmpty) json["weight"] = new JsonArray([.. weight.Select(w => (JsonNode)w)]);
        if (ignored != IgnoresNone) json["ignoreIndex"] = ignored;
        return json.Count == 1 ? type : json;
    }
}
