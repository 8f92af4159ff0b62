using System.Text.Json.Nodes;

namespace ActorTrain;

/// <summary>
/// The parts of an update rule as JSON, both ways. A setting that came later than its optimiser is written only where
/// it is not the default: older recipes keep their text, hence their hash.
/// </summary>
internal static class UpdateRuleJson
{
    public static JsonObject Write(Optimizer optimizer) => optimizer switch
    {
        Sgd o => Sgd(o),
        Adam o => Object("adam", o.LearningRate,
            ("beta1", o.Beta1), ("beta2", o.Beta2), ("epsilon", o.Epsilon), ("weightDecay", o.WeightDecay)),
        AdamW o => Object("adamw", o.LearningRate,
            ("beta1", o.Beta1), ("beta2", o.Beta2), ("epsilon", o.Epsilon), ("weightDecay", o.WeightDecay)),
        RMSprop o => Object("rmsprop", o.LearningRate,
            ("alpha", o.Alpha), ("epsilon", o.Epsilon), ("momentum", o.Momentum), ("weightDecay", o.WeightDecay)),
        Adagrad o => Object("adagrad", o.LearningRate,
            ("learningRateDecay", o.LearningRateDecay), ("epsilon", o.Epsilon), ("weightDecay", o.WeightDecay)),
        Adadelta o => Object("adadelta", o.LearningRate,
            ("rho", o.Rho), ("epsilon", o.Epsilon), ("weightDecay", o.WeightDecay)),
        Lion o => Object("lion", o.LearningRate,
            ("beta1", o.Beta1), ("beta2", o.Beta2), ("weightDecay", o.WeightDecay)),
        _ => throw new RecipeException($"Optimizer {optimizer.GetType().Name} has no name in recipes; use Sgd, Adam, "
            + "AdamW, RMSprop, Adagrad, Adadelta or Lion."),
    };

    // What is left out is as in code.
    public static Optimizer ReadOptimizer(JsonReader json)
    {
        return json.OneOf<Func<Optimizer>>("type",
            ("sgd", () => Sgd(new(Rate(0.01f)))), ("adam", () => Adam(new())), ("adamw", () => AdamW(new())),
            ("rmsprop", () => RMSprop(new())), ("adagrad", () => Adagrad(new())), ("adadelta", () => Adadelta(new())),
            ("lion", () => Lion(new())))();

        Sgd Sgd(Sgd o) => new(
            Rate(o.LearningRate), Or("momentum", o.Momentum), Or("dampening", o.Dampening),
            Or("weightDecay", o.WeightDecay), json.ValueOr("nesterov", o.Nesterov));

        Adam Adam(Adam o) => new(
            Rate(o.LearningRate), Or("beta1", o.Beta1), Or("beta2", o.Beta2), Or("epsilon", o.Epsilon),
            Or("weightDecay", o.WeightDecay));

        AdamW AdamW(AdamW o) => new(
            Rate(o.LearningRate), Or("beta1", o.Beta1), Or("beta2", o.Beta2), Or("epsilon", o.Epsilon),
            Or("weightDecay", o.WeightDecay));

        RMSprop RMSprop(RMSprop o) => new(
            Rate(o.LearningRate), Or("alpha", o.Alpha), Or("epsilon", o.Epsilon), Or("momentum", o.Momentum),
            Or("weightDecay", o.WeightDecay));

        Adagrad Adagrad(Adagrad o) => new(
            Rate(o.LearningRate), Or("learningRateDecay", o.LearningRateDecay), Or("epsilon", o.Epsilon),
            Or("weightDecay", o.WeightDecay));

        Adadelta Adadelta(Adadelta o) => new(
            Rate(o.LearningRate), Or("rho", o.Rho), Or("epsilon", o.Epsilon), Or("weightDecay", o.WeightDecay));

        Lion Lion(Lion o) => new(
            Rate(o.LearningRate), Or("beta1", o.Beta1), Or("beta2", o.Beta2), Or("weightDecay", o.WeightDecay));

        float Rate(float byDefault) => Or("learningRate", byDefault);

        float Or(string key, float byDefault) => json.ValueOr(key, byDefault);
    }

    public static JsonObject Write(LearningRateSchedule schedule) => schedule switch
    {
        ConstantRate => new() { ["type"] = "constant" },
        StepLR s => new() { ["type"] = "step", ["steps"] = s.StepSize, ["gamma"] = s.Gamma },
        MultiStepLR s => new()
        {
            ["type"] = "multistep",
            ["milestones"] = new JsonArray([.. s.Milestones.Select(m => (JsonNode)m)]),
            ["gamma"] = s.Gamma,
        },
        ExponentialLR s => new() { ["type"] = "exponential", ["gamma"] = s.Gamma },
        CosineAnnealingLR s => new() { ["type"] = "cosine", ["steps"] = s.TMax, ["minimum"] = s.EtaMin },
        OneCycleLR s => new()
        {
            ["type"] = "onecycle",
            ["maximum"] = s.MaxLR,
            ["steps"] = s.TotalSteps,
            ["share"] = s.PctStart,
            ["divisor"] = s.DivFactor,
            ["finalDivisor"] = s.FinalDivFactor,
        },
        WarmUp s => new()
        {
            ["type"] = "warmup",
            ["steps"] = s.Steps,
            ["start"] = s.StartFactor,
            ["then"] = Write(s.Then),
        },
        _ => throw new RecipeException($"Schedule {schedule.GetType().Name} has no name in recipes; use StepLR, "
            + "MultiStepLR, ExponentialLR, CosineAnnealingLR, OneCycleLR or WarmUp."),
    };

    public static LearningRateSchedule ReadSchedule(JsonReader json) => json.OneOf<Func<LearningRateSchedule>>("type",
        ("constant", () => new ConstantRate()),
        ("step", () => new StepLR(json.Value<long>("steps"), json.Value<double>("gamma"))),
        ("multistep", () => new MultiStepLR([.. json.Values<long>("milestones")], json.Value<double>("gamma"))),
        ("exponential", () => new ExponentialLR(json.Value<double>("gamma"))),
        ("cosine", () => new CosineAnnealingLR(json.Value<long>("steps"), json.Value<double>("minimum"))),
        ("onecycle", () => new OneCycleLR(
            json.Value<double>("maximum"), json.Value<long>("steps"), json.Value<double>("share"),
            json.Value<double>("divisor"), json.Value<double>("finalDivisor"))),
        ("warmup", () => new WarmUp(
            json.Value<long>("steps"), json.Value<double>("start"), json.Object("then", ReadSchedule))))();

    public static JsonObject Write(GradientClipping clipping) => clipping switch
    {
        ClipByNorm c => new() { ["norm"] = c.MaxNorm },
        ClipByValue c => new() { ["value"] = c.Limit },
        _ => throw new System.Diagnostics.UnreachableException(
            $"UpdateRuleJson has no arm for {clipping.GetType().Name}; add one."),
    };

    public static GradientClipping ReadClipping(JsonReader json) => (json.Has("norm"), json.Has("value")) switch
    {
        (true, true) => throw new RecipeException($"{json.Path} has norm and value; give one of them."),
        (true, false) => new ClipByNorm(json.Value<float>("norm")),
        _ => new ClipByValue(json.Value<float>("value")),
    };

    private static JsonObject Sgd(Sgd sgd)
    {
        var json = Object("sgd", sgd.LearningRate, ("momentum", sgd.Momentum));
        if (sgd.Dampening != 0) json["dampening"] = sgd.Dampening;
        if (sgd.WeightDecay != 0) json["weightDecay"] = sgd.WeightDecay;
        if (sgd.Nesterov) json["nesterov"] = true;
        return json;
    }

    private static JsonObject Object(
        string type, float learningRate, params ReadOnlySpan<(string Key, float Value)> settings)
    {
        var json = new JsonObject { ["type"] = type, ["learningRate"] = learningRate };
        foreach (var (key, value) in settings) json[key] = value;
        return json;
    }
}
