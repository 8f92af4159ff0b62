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

    public static Optimizer ReadOptimizer(JsonReader json)
    {
        var rate = json.Value<float>("learningRate");
        return json.OneOf<Func<Optimizer>>("type",
            ("sgd", () => new Sgd(
                rate, Number("momentum"), json.ValueOr("dampening", 0f), json.ValueOr("weightDecay", 0f),
                json.ValueOr("nesterov", false))),
            ("adam", () => new Adam(
                rate, Number("beta1"), Number("beta2"), Number("epsilon"), Number("weightDecay"))),
            ("adamw", () => new AdamW(
                rate, Number("beta1"), Number("beta2"), Number("epsilon"), Number("weightDecay"))),
            ("rmsprop", () => new RMSprop(
                rate, Number("alpha"), Number("epsilon"), Number("momentum"), Number("weightDecay"))),
            ("adagrad", () => new Adagrad(
                rate, Number("learningRateDecay"), Number("epsilon"), Number("weightDecay"))),
            ("adadelta", () => new Adadelta(rate, Number("rho"), Number("epsilon"), Number("weightDecay"))),
            ("lion", () => new Lion(rate, Number("beta1"), Number("beta2"), Number("weightDecay"))))();

        float Number(string key) => json.Value<float>(key);
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
            json.Value<long>("steps"), json.Value<double>("start"), ReadSchedule(json.Object("then")))))();

    public static JsonObject Write(GradientClipping clipping) => clipping switch
    {
        ClipByNorm c => new() { ["norm"] = c.MaxNorm },
        ClipByValue c => new() { ["value"] = c.Limit },
        _ => throw new System.Diagnostics.UnreachableException(
            $"UpdateRuleJson has no arm for {clipping.GetType().Name}; add one."),
    };

    public static GradientClipping ReadClipping(JsonReader json) => json.Has("norm")
        ? new ClipByNorm(json.Value<float>("norm"))
        : new ClipByValue(json.Value<float>("value"));

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
