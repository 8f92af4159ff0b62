using ActorTrain.Host.Configuration;

namespace ActorTrain.Host.Tests;

/// <summary>What the settings of optimiser, schedule, clipping and average become in a recipe.</summary>
[Collection("environment")]
public class UpdateSettingsTests
{
    // 938 steps an epoch with the default batch size, 4690 in all.
    private static readonly DataDescription Mnist =
        new("mnist", "", 60_000, 10_000, 28, 28, 10, new(0.1307f, 0.3081f));

    public static TheoryData<string, Optimizer> Optimizers => new()
    {
        { "", new Sgd(0.01f) },
        {
            "LearningRate=0.1 Momentum=0.8 Nesterov=true WeightDecay=0.01",
            new Sgd(0.1f, 0.8f, WeightDecay: 0.01f, Nesterov: true)
        },
        { "Dampening=0.5", new Sgd(0.01f, Dampening: 0.5f) },
        { "Optimizer=adam", new Adam() },
        { "Optimizer=adam Betas=0.8,0.9 Epsilon=1e-6", new Adam(Beta1: 0.8f, Beta2: 0.9f, Epsilon: 1e-6f) },
        { "Optimizer=adamw WeightDecay=0.1", new AdamW(WeightDecay: 0.1f) },
        { "Optimizer=rmsprop Momentum=0.5 Alpha=0.9", new RMSprop(Momentum: 0.5f, Alpha: 0.9f) },
        { "Optimizer=adagrad LearningRateDecay=0.1", new Adagrad(LearningRateDecay: 0.1f) },
        { "Optimizer=adadelta Rho=0.8", new Adadelta(Rho: 0.8f) },
        { "Optimizer=lion Betas=0.8,0.9", new Lion(Beta1: 0.8f, Beta2: 0.9f) },
    };

    public static TheoryData<string, LearningRateSchedule> Schedules => new()
    {
        { "none", new ConstantRate() },
        { "step:100:0.5", new StepLR(100, 0.5) },
        { "step:1e:0.5", new StepLR(938, 0.5) },
        { "multistep:2e,4e:0.1", new MultiStepLR([1876, 3752]) },
        { "exponential:0.999", new ExponentialLR(0.999) },
        { "cosine", new CosineAnnealingLR(4690) },
        { "cosine:0.5e:1e-4", new CosineAnnealingLR(469, 1e-4) },
        { "onecycle:0.1", new OneCycleLR(0.1, 4690) },
        { "onecycle:0.1:2000", new OneCycleLR(0.1, 2000) },
        { "warmup:500", new WarmUp(500) },
        { "warmup:1e:0.1+cosine", new WarmUp(938, 0.1, new CosineAnnealingLR(3752)) },
    };

    public static TheoryData<string> NoSchedules =>
    [
        "", "step", "step:0:0.5", "step:1:0", "step:-1:0.5", "multistep:4,2:0.1", "cosine:1:2:3", "onecycle",
        "warmup", "warmup:1:2", "cosine+cosine", "warmup:1+warmup:1", "warmup:5+", "step:99999999999999999999:1",
    ];

    public static TheoryData<string, string> Mistakes => new()
    {
        {
            "Optimizer=adam Momentum=0.5",
            "Training:Momentum (--momentum) is '0.5'; give it with --optimizer sgd or rmsprop only."
        },
        {
            "Nesterov=true Momentum=0",
            "Training:Nesterov (--nesterov) is 'true'; give it with a momentum above 0 and no dampening."
        },
        {
            "ClipNorm=1 ClipValue=2",
            "Training:ClipValue (--clip-value) is '2'; give it without --clip-norm; a gradient is bounded one way."
        },
        { "Rho=0.5", "Training:Rho belongs to --optimizer adadelta, but the optimizer is sgd." },
        {
            "MaxSteps=100 Schedule=warmup:100+cosine",
            "--schedule: 'warmup:100+cosine' does not fit into the run's 100 steps; give fewer."
        },
    };

    [Theory, MemberData(nameof(Optimizers))]
    public void An_optimizer_has_what_is_given_and_PyTorchs_defaults(string settings, Optimizer expected) =>
        Assert.Equal(expected, Recipe(settings).Optimizer);

    [Theory, MemberData(nameof(Schedules))]
    public void A_schedule_counts_epochs_and_the_whole_run_in_steps(string text, LearningRateSchedule expected) =>
        Assert.Equal(expected, Recipe($"Schedule={text}").LearningRateSchedule);

    [Theory, MemberData(nameof(NoSchedules))]
    public void What_is_no_schedule_is_refused(string text) => Assert.StartsWith(
        $"Training:Schedule (--schedule) is '{text}'; give none, step:SIZE:GAMMA, ",
        Assert.Throws<UsageException>(() => Recipe($"Schedule={text}")).Message, StringComparison.Ordinal);

    [Theory, MemberData(nameof(Mistakes))]
    public void What_does_not_go_together_is_refused(string settings, string message) =>
        Assert.Equal(message, Assert.Throws<UsageException>(() => Recipe(settings)).Message);

    [Fact]
    public void Frozen_parameters_are_named()
    {
        Assert.Equal(new NamePatterns("fc1.*,fc2.bias"), Recipe("Freeze=fc1.*,fc2.bias").Frozen);
        Assert.Equal(
            "Training:Freeze (--freeze) is 'a,,b'; give names with commas between them.",
            Assert.Throws<UsageException>(() => Recipe("Freeze=a,,b")).Message);
        Assert.Equal(
            ["frozen is fc7.*, which no parameter is named; there are fc1.weight, fc1.bias, fc2.weight, fc2.bias, "
                + "fc3.weight, fc3.bias."],
            Recipe("Freeze=fc1.*,fc7.*").Errors());
    }

    [Fact]
    public void Bounds_and_average_are_part_of_the_recipe()
    {
        Assert.Equal(new ClipByNorm(1), Recipe("ClipNorm=1").Clipping);
        Assert.Equal(new ClipByValue(0.5f), Recipe("ClipValue=0.5").Clipping);
        Assert.Equal(new WeightAveraging(0.5f), Recipe("Ema=0.5").Averaging);
    }

    [Fact]
    public void What_is_not_given_stays_as_a_resumed_run_has_it()
    {
        var was = Recipe("Optimizer=adamw WeightDecay=0.1 Schedule=cosine ClipNorm=1 Ema=0.5");
        Assert.Equal(was with { Epochs = 9 }, Settings("Epochs=9").Over(was, Mnist));
        Assert.Equal(new AdamW(0.5f, WeightDecay: 0.1f), Settings("LearningRate=0.5").Over(was, Mnist).Optimizer);
    }

    private static Recipe Recipe(string settings) => Settings(settings).Over(new Recipe(), Mnist);

    private static TrainSettings Settings(string settings) => TrainSettings.Read(TrainConfiguration.Build(
        file: null,
        settings.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(s => s.Split('=', 2)).Select(
            s => KeyValuePair.Create($"Training:{s[0]}", (string?)s[1]))));
}
