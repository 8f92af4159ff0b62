using ActorTrain.Host.Configuration;

namespace ActorTrain.Host.Tests;

// One of them sets the environment, which both read.
[Collection("settings")]
public class TrainSettingsTests
{
    private static readonly DataDescription Mnist =
        new("mnist", "", 60_000, 10_000, 28, 28, 10, new(0.1307f, 0.3081f));

    public static TheoryData<string, string, string> Mistakes => new()
    {
        { "Microbatches", "0", "Training:Microbatches (--microbatches) is '0'; give a whole number from 1 to 4096." },
        { "LearningRate", "-1", "Training:LearningRate (--lr) is '-1'; give a number above 0." },
        { "Momentum", "1", "Training:Momentum (--momentum) is '1'; give a number from 0, below 1." },
        { "DropLast", "maybe", "Training:DropLast (--drop-last) is 'maybe'; give true or false." },
        {
            "Optimizer", "lamb",
            "Training:Optimizer (--optimizer) is 'lamb'; give sgd, adam, adamw, rmsprop, adagrad, adadelta, lion."
        },
        {
            "Betas", "0.9",
            "Training:Betas (--betas) is '0.9'; give two numbers from 0, below 1, for example 0.9,0.999."
        },
        { "ClipNorm", "0", "Training:ClipNorm (--clip-norm) is '0'; give a number above 0." },
        { "Ema", "1", "Training:Ema (--ema) is '1'; give a number above 0, below 1." },
        {
            "Schedule", "linear",
            "Training:Schedule (--schedule) is 'linear'; give none, step:SIZE:GAMMA, multistep:AT,AT:GAMMA, "
            + "exponential:GAMMA, cosine[:STEPS[:MIN]], onecycle:MAX[:STEPS], or warmup:STEPS[:START] alone or before "
            + "one of these with + between; SIZE, AT and STEPS in steps, or in epochs as in 2e."
        },
        {
            "Strategy", "ssp:-1",
            "Training:Strategy (--strategy) is 'ssp:-1'; give sync, ssp:BOUND (a staleness from 0 to 1000000), async, "
            + "or local:STEPS (from 1 to 1000000)."
        },
        {
            "Compression", "topk:2",
            "Training:Compression (--compression) is 'topk:2'; give none, bf16, or topk:FRACTION (above 0, at most 1)."
        },
        { "Report", "", "Training:Report (--report) is ''; give a path, or leave it out." },
        { "TensorBoard", "", "Training:TensorBoard (--tensorboard) is ''; give a path, or leave it out." },
        { "Out", "", "Training:Out (--out) is ''; give a path, or leave it out." },
        { "Seed", "-7", "Training:Seed (--seed) is '-7'; give a whole number from 0 to 18446744073709551615." },
    };

    [Theory, MemberData(nameof(Mistakes))]
    public void A_value_that_is_not_allowed_is_named_with_what_is(string key, string value, string message) =>
        Assert.Equal(message, Assert.Throws<UsageException>(() => Read((key, value))).Message);

    [Fact]
    public void A_key_that_does_not_exist_is_refused() => Assert.StartsWith(
        "Training:Epoch is no setting; there are Data, Validation, Model, Layers, Hidden, Init, Epochs, ",
        Assert.Throws<UsageException>(() => Read(("Epoch", "3"))).Message, StringComparison.Ordinal);

    [Fact]
    public void Only_epochs_and_max_steps_say_where_a_run_ends()
    {
        Assert.False(Read(("Hidden", "10"), ("Seed", "3")).SaysEnd);
        Assert.True(Read(("Epochs", "5")).SaysEnd);
        Assert.True(Read(("MaxSteps", "5")).SaysEnd);
    }

    [Fact]
    public void A_minibatch_that_no_epoch_fills_is_refused_with_or_without_a_schedule()
    {
        (string, string)[] settings = [("DropLast", "true"), ("BatchSize", "100000")];
        foreach (var given in new[] { settings, [.. settings, ("Schedule", "cosine")] })
            Assert.Equal(
                "batch-size is 100000 with drop-last, but there are only 60000 examples; give at most 60000.",
                Assert.Throws<UsageException>(() => Read(given).Over(new Recipe(), Mnist)).Message);
    }

    [Fact]
    public void Hidden_sizes_belong_to_the_mlp_only() => Assert.Equal(
        "Training:Hidden (--hidden) is '10'; give it with --model mlp only; a model file names its own layers.",
        Assert.Throws<UsageException>(() => Read(("Model", "model.json"), ("Hidden", "10"))).Message);

    [Fact]
    public void Hidden_sizes_that_no_array_can_hold_are_refused()
    {
        var images = Split.Of(new byte[20], [0, 1, 0, 1, 0], 2, 2);
        Assert.Equal(
            "--hidden: [1000000, 1000000] has more elements than an array can hold, 2147483591.",
            Assert.Throws<UsageException>(() => Read(("Hidden", "1000000,1000000")).NewRecipe(
                Dataset.Combine("tiny", images, images, classes: 2))).Message);
    }

    [Fact]
    public void What_is_not_given_stays_as_the_recipe_has_it()
    {
        var recipe = new Recipe { Optimizer = new Sgd(0.3f, 0.5f), BatchSize = 32, Seed = 5 };
        Assert.Equal(
            recipe with { Optimizer = new Sgd(0.2f, 0.5f) }, Read(("LearningRate", "0.2")).Over(recipe, Mnist));
    }

    [Fact]
    public void Strategy_and_compression_are_part_of_the_recipe()
    {
        var recipe = Read(("Strategy", "ssp:2"), ("Compression", "bf16")).Over(new Recipe(), Mnist);
        Assert.Equal((new StaleSynchronous(2), new Bf16()), (recipe.Strategy, recipe.Compression));
        Assert.Equal(recipe, Read().Over(recipe, Mnist));
    }

    [Fact]
    public void The_command_line_wins_over_the_environment_and_that_over_the_file()
    {
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, """{"Training":{"Epochs":1,"Seed":1,"Shards":1}}""");
            Environment.SetEnvironmentVariable("ACTORTRAIN__TRAINING__EPOCHS", "2");
            Environment.SetEnvironmentVariable("ACTORTRAIN__TRAINING__SEED", "2");
            var settings = TrainSettings.Read(
                TrainConfiguration.Build(file, [KeyValuePair.Create("Training:Epochs", (string?)"3")]));
            Assert.Equal((3, 2UL, 1), (settings.Epochs, settings.Seed, settings.Shards));
        }
        finally
        {
            Environment.SetEnvironmentVariable("ACTORTRAIN__TRAINING__EPOCHS", null);
            Environment.SetEnvironmentVariable("ACTORTRAIN__TRAINING__SEED", null);
            File.Delete(file);
        }
    }

    private static TrainSettings Read(params (string Key, string Value)[] settings) => TrainSettings.Read(
        TrainConfiguration.Build(
            file: null, settings.Select(s => KeyValuePair.Create($"Training:{s.Key}", (string?)s.Value))));
}
