using System.Text.Json.Nodes;

namespace ActorTrain;

/// <summary>
/// How parameters begin, as JSON: <c>[{"parameters":"*.weight","type":"xavier_uniform","gain":1}]</c>.
/// </summary>
internal static class InitializationJson
{
    public static JsonArray Write(Initialization initialization) => new(
    [
        .. initialization.Rules.Select(rule =>
        {
            var (type, settings) = Of(rule.Initializer);
            var json = new JsonObject { ["parameters"] = rule.Parameters.Text, ["type"] = type };
            foreach (var (key, value) in settings) json[key] = value;
            return json;
        }),
    ]);

    public static Initialization Read(JsonReader recipe) => new(recipe.Array("initialization", json => (
        new NamePatterns(json.Value<string>("parameters")),
        json.OneOf<Func<Initializer>>("type",
            ("constant", () => new Constant(json.Value<float>("value"))),
            ("uniform", () => new Uniform(json.Value<float>("low"), json.Value<float>("high"))),
            ("normal", () => new Normal(json.Value<float>("mean"), json.Value<float>("std"))),
            ("xavier_uniform", () => new XavierUniform(json.ValueOr("gain", 1f))),
            ("xavier_normal", () => new XavierNormal(json.ValueOr("gain", 1f))),
            ("kaiming_uniform", () => new KaimingUniform(json.ValueOr("a", 0f))),
            ("kaiming_normal", () => new KaimingNormal(json.ValueOr("a", 0f))))())));

    private static (string Type, (string Key, float Value)[] Settings) Of(Initializer initializer) =>
        initializer switch
        {
            Constant i => ("constant", [("value", i.Value)]),
            Uniform i => ("uniform", [("low", i.Low), ("high", i.High)]),
            Normal i => ("normal", [("mean", i.Mean), ("std", i.Std)]),
            XavierUniform i => ("xavier_uniform", [("gain", i.Gain)]),
            XavierNormal i => ("xavier_normal", [("gain", i.Gain)]),
            KaimingUniform i => ("kaiming_uniform", [("a", i.A)]),
            KaimingNormal i => ("kaiming_normal", [("a", i.A)]),
            _ => throw new RecipeException($"Initializer {initializer.GetType().Name} has no name in recipes; use "
                + "Constant, Uniform, Normal, XavierUniform, XavierNormal, KaimingUniform or KaimingNormal."),
        };
}
