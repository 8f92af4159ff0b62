using ActorTrain.Core.Tests.Support;

namespace ActorTrain.Core.Tests.Model;

public class InitializationTests
{
    private static readonly Sequential Model = new(
        ("conv", new Conv2d(4, 8, 5)), ("flatten", new Flatten()), ("fc", new Linear(800, 60)));

    // Standard deviations by the formulas: in = 4·25 and out = 8·25 of the convolution.
    public static TheoryData<Initializer, double, double> Deviations => new()
    {
        { new XavierUniform(2), 2 * Math.Sqrt(2.0 / 300), 2 * Math.Sqrt(6.0 / 300) },
        { new XavierNormal(), Math.Sqrt(2.0 / 300), double.PositiveInfinity },
        { new KaimingUniform(), Math.Sqrt(2.0 / 100), Math.Sqrt(6.0 / 100) },
        { new KaimingNormal(1), Math.Sqrt(1.0 / 100), double.PositiveInfinity },
        { new Normal(0, 3), 3, double.PositiveInfinity },
        { new Uniform(-1, 1), Math.Sqrt(1.0 / 3), 1 },
    };

    [Theory, MemberData(nameof(Deviations))]
    public void Values_spread_as_the_formula_says(Initializer initializer, double deviation, double bound)
    {
        var weight = Of(("conv.weight", initializer))["conv.weight"];
        Assert.Equal(deviation, weight.Std().Item(), 0.06 * deviation);
        Assert.InRange(weight.Abs().Max().Item(), 0.9 * Math.Min(bound, 2 * deviation), Math.Min(bound, 6 * deviation));
        Assert.InRange(weight.Mean().Item(), -0.15 * deviation, 0.15 * deviation);
    }

    [Fact]
    public void Patterns_say_which_parameters_and_the_last_one_counts()
    {
        var parameters = Of(("*", new Constant(1)), ("fc.*", new Constant(2)), ("*.bias", new Constant(3)));
        Assert.Equal([1, 2, 3, 3], new[] { "conv.weight", "fc.weight", "conv.bias", "fc.bias" }.Select(
            name => Assert.Single(parameters[name].ToArray().Distinct())));
        Assert.Equal(
            Model.Initialize(seed: 1)["fc.bias"].ToArray(), Of(("conv.*", new Constant(0)))["fc.bias"].ToArray());
    }

    [Fact]
    public void A_stored_transpose_has_its_values_in_PyTorchs_order()
    {
        var weight = Of(("fc.weight", new CountingInitializer()))["fc.weight"];
        Assert.Equal((0, 1, 800), (weight[0, 0], weight[0, 1], weight[1, 0]));
    }

    [Fact]
    public void A_run_begins_with_them_and_frozen_ones_stay()
    {
        var recipe = Tiny.Recipe with
        {
            Initialization = new((new("fc1.weight"), new Constant(0.25f))),
            Frozen = new("fc1.weight"),
        };
        var end = Trainer.Train(recipe, Tiny.Data, cancellation: TestContext.Current.CancellationToken).State;
        var parameters = new Parameters(recipe.Model.Layout, end.Parameters);
        Assert.All(parameters["fc1.weight"].ToArray(), w => Assert.Equal(0.25f, w));
        Assert.NotEqual(recipe.Model.Initialize(recipe.Seed)["fc1.bias"].ToArray(), parameters["fc1.bias"].ToArray());
    }

    [Fact]
    public void Weights_only_have_inputs_and_outputs() => Assert.Equal(
        "KaimingNormal: parameter has shape [8], expected [out, in, …]. Give weights only, for example by the pattern "
        + "*.weight.",
        Assert.Throws<ShapeMismatchException>(() => Of(("*", new KaimingNormal()))).Message);

    private static Parameters Of(params (string Pattern, Initializer Initializer)[] rules) =>
        new Initialization(rules.Select(rule => (new NamePatterns(rule.Pattern), rule.Initializer))).Of(Model, seed: 1);

    private sealed record CountingInitializer : Initializer
    {
        public override void Fill(ulong seed, uint stream, Shape shape, Span<float> values)
        {
            for (var i = 0; i < values.Length; i++) values[i] = i;
        }
    }
}
