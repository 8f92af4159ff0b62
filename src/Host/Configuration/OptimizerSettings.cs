namespace ActorTrain.Host.Configuration;

/// <summary>What the configuration says about the optimiser; what it leaves open is null.</summary>
internal sealed record OptimizerSettings
{
    /// <summary>Each optimiser with the settings that it has besides its learning rate.</summary>
    private static readonly (string Name, string[] Settings)[] Kinds =
    [
        ("sgd", ["Momentum", "Nesterov", "Dampening", "WeightDecay"]),
        ("adam", ["Betas", "Epsilon", "WeightDecay"]),
        ("adamw", ["Betas", "Epsilon", "WeightDecay"]),
        ("rmsprop", ["Momentum", "Alpha", "Epsilon", "WeightDecay"]),
        ("adagrad", ["LearningRateDecay", "Epsilon", "WeightDecay"]),
        ("adadelta", ["Rho", "Epsilon", "WeightDecay"]),
        ("lion", ["Betas", "WeightDecay"]),
    ];

    public string? Kind { get; init; }
    public float? LearningRate { get; init; }
    public float? Momentum { get; init; }
    public bool? Nesterov { get; init; }
    public float? Dampening { get; init; }
    public float? WeightDecay { get; init; }
    public IReadOnlyList<float>? Betas { get; init; }
    public float? Epsilon { get; init; }
    public float? Alpha { get; init; }
    public float? Rho { get; init; }
    public float? LearningRateDecay { get; init; }

    /// <summary>The settings of a configuration; the reader collects what is not allowed.</summary>
    public static OptimizerSettings Read(SettingsReader reader)
    {
        var settings = new OptimizerSettings
        {
            Kind = reader.Word("Optimizer", [.. Kinds.Select(k => k.Name)]),
            LearningRate = Positive("LearningRate"),
            Momentum = Share("Momentum"),
            Nesterov = reader.Flag("Nesterov"),
            Dampening = Share("Dampening"),
            WeightDecay = FromZero("WeightDecay"),
            Betas = reader.Numbers("Betas", count: 2, "two numbers from 0, below 1, for example 0.9,0.999", IsShare),
            Epsilon = Positive("Epsilon"),
            Alpha = Share("Alpha"),
            Rho = Share("Rho"),
            LearningRateDecay = FromZero("LearningRateDecay"),
        };
        if (settings.Kind is { } kind)
            foreach (var (key, owners) in settings.Misplaced(kind))
                reader.Refuse(key, $"it with --optimizer {owners} only");
        if (settings is { Nesterov: true, Dampening: > 0 } or { Nesterov: true, Momentum: 0 })
            reader.Refuse("Nesterov", "it with a momentum above 0 and no dampening");
        return settings;

        static bool IsShare(float x) => x is >= 0 and < 1;
        float? Share(string key) => reader.Number(key, "a number from 0, below 1", IsShare);
        float? Positive(string key) => reader.Number(key, "a number above 0", x => x > 0 && float.IsFinite(x));
        float? FromZero(string key) => reader.Number(key, "a number from 0", x => x >= 0 && float.IsFinite(x));
    }

    /// <summary>An optimiser with what these settings say. Another kind begins with its own defaults.</summary>
    /// <exception cref="UsageException">A setting that this kind does not have, or that its others exclude.</exception>
    public Optimizer Over(Optimizer optimizer)
    {
        var kind = Kind ?? NameOf(optimizer);
        foreach (var (key, owners) in Misplaced(kind))
            throw new UsageException($"Training:{key} belongs to --optimizer {owners}, but the optimizer is {kind}.");
        try
        {
            return kind switch
            {
                "adam" => Over(optimizer as Adam ?? new Adam()),
                "adamw" => Over(optimizer as AdamW ?? new AdamW()),
                "rmsprop" => Over(optimizer as RMSprop ?? new RMSprop()),
                "adagrad" => Over(optimizer as Adagrad ?? new Adagrad()),
                "adadelta" => Over(optimizer as Adadelta ?? new Adadelta()),
                "lion" => Over(optimizer as Lion ?? new Lion()),
                _ => Over(optimizer as Sgd ?? (Sgd)new Recipe().Optimizer),
            };
        }
        catch (ArgumentException e)
        {
            throw new UsageException($"--optimizer: {e.Message.Split(" (Parameter")[0]}");
        }
    }

    private static string NameOf(Optimizer optimizer) => optimizer switch
    {
        Adam => "adam",
        AdamW => "adamw",
        RMSprop => "rmsprop",
        Adagrad => "adagrad",
        Adadelta => "adadelta",
        Lion => "lion",
        _ => "sgd",
    };

    // The settings that are given although this kind does not have them, and who does.
    private IEnumerable<(string Key, string Owners)> Misplaced(string kind)
    {
        (string Key, bool IsGiven)[] all =
        [
            ("Momentum", Momentum is not null), ("Nesterov", Nesterov is not null),
            ("Dampening", Dampening is not null), ("WeightDecay", WeightDecay is not null),
            ("Betas", Betas is not null), ("Epsilon", Epsilon is not null), ("Alpha", Alpha is not null),
            ("Rho", Rho is not null), ("LearningRateDecay", LearningRateDecay is not null),
        ];
        var own = Kinds.First(k => k.Name == kind).Settings;
        return
            from setting in all
            where setting.IsGiven && !own.Contains(setting.Key)
            select (setting.Key, string.Join(
                " or ", Kinds.Where(k => k.Settings.Contains(setting.Key)).Select(k => k.Name)));
    }

    private Sgd Over(Sgd o) => new(
        LearningRate ?? o.LearningRate, Momentum ?? o.Momentum, Dampening ?? o.Dampening, WeightDecay ?? o.WeightDecay,
        Nesterov ?? o.Nesterov);

    private Adam Over(Adam o) => new(
        LearningRate ?? o.LearningRate, Betas?[0] ?? o.Beta1, Betas?[1] ?? o.Beta2, Epsilon ?? o.Epsilon,
        WeightDecay ?? o.WeightDecay);

    private AdamW Over(AdamW o) => new(
        LearningRate ?? o.LearningRate, Betas?[0] ?? o.Beta1, Betas?[1] ?? o.Beta2, Epsilon ?? o.Epsilon,
        WeightDecay ?? o.WeightDecay);

    private RMSprop Over(RMSprop o) => new(
        LearningRate ?? o.LearningRate, Alpha ?? o.Alpha, Epsilon ?? o.Epsilon, Momentum ?? o.Momentum,
        WeightDecay ?? o.WeightDecay);

    private Adagrad Over(Adagrad o) => new(
        LearningRate ?? o.LearningRate, LearningRateDecay ?? o.LearningRateDecay, Epsilon ?? o.Epsilon,
        WeightDecay ?? o.WeightDecay);

    private Adadelta Over(Adadelta o) => new(
        LearningRate ?? o.LearningRate, Rho ?? o.Rho, Epsilon ?? o.Epsilon, WeightDecay ?? o.WeightDecay);

    private Lion Over(Lion o) => new(
        LearningRate ?? o.LearningRate, Betas?[0] ?? o.Beta1, Betas?[1] ?? o.Beta2, WeightDecay ?? o.WeightDecay);
}
