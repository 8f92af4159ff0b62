namespace ActorTrain.Core.Tests.Support;

/// <summary>One of each: what every optimiser, schedule, bound and average must keep is run over this table.</summary>
internal static class UpdateRules
{
    public static IReadOnlyDictionary<string, UpdateRule> All { get; } = new Dictionary<string, UpdateRule>
    {
        ["sgd"] = new(new Sgd(0.1f)),
        ["nesterov"] = new(new Sgd(0.05f, WeightDecay: 0.01f, Nesterov: true)),
        ["dampened"] = new(new Sgd(0.1f, Dampening: 0.3f)),
        ["adam"] = new(new Adam(0.01f)),
        ["adamw"] = new(new AdamW(0.01f)),
        ["rmsprop"] = new(new RMSprop(0.005f, Alpha: 0.9f, Momentum: 0.5f)),
        ["adagrad"] = new(new Adagrad(0.1f, LearningRateDecay: 0.01f)),
        ["adadelta"] = new(new Adadelta(Epsilon: 1e-3f)),
        ["lion"] = new(new Lion(0.01f, WeightDecay: 0.01f)),
        ["step"] = new(new Sgd(0.1f)) { Schedule = new StepLR(2, 0.5) },
        ["multistep"] = new(new Sgd(0.1f)) { Schedule = new MultiStepLR([2, 4]) },
        ["exponential"] = new(new Sgd(0.1f)) { Schedule = new ExponentialLR(0.9) },
        ["warm-up and cosine"] = new(new Adam(0.01f)) { Schedule = new WarmUp(2, 0.1, new CosineAnnealingLR(4)) },
        ["one cycle"] = new(new Sgd(0.1f)) { Schedule = new OneCycleLR(0.2, 6) },
        ["clipped by norm"] = new(new Sgd(0.1f)) { Clipping = new ClipByNorm(0.1f) },
        ["clipped by value"] = new(new Sgd(0.1f)) { Clipping = new ClipByValue(0.001f) },
        ["averaged"] = new(new Adam(0.01f)) { Averaging = new WeightAveraging(0.9f) },
    };

    /// <summary>The recipe with another update rule.</summary>
    public static Recipe With(this Recipe recipe, UpdateRule rule) => recipe with
    {
        Optimizer = rule.Optimizer,
        LearningRateSchedule = rule.Schedule,
        Clipping = rule.Clipping,
        Averaging = rule.Averaging,
    };
}
