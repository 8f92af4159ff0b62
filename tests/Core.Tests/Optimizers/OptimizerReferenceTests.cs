using ActorTrain.Core.Tests.Support;

namespace ActorTrain.Core.Tests.Optimizers;

public class OptimizerReferenceTests
{
    // As the reference's "attrs" say.
    private static readonly Dictionary<string, Optimizer> Optimizers = new()
    {
        ["sgd"] = new Sgd(0.1f, Momentum: 0),
        ["sgd_momentum"] = new Sgd(0.1f),
        ["sgd_nesterov"] = new Sgd(0.05f, Nesterov: true),
        ["sgd_weight_decay"] = new Sgd(0.1f, WeightDecay: 0.01f),
        ["sgd_dampening"] = new Sgd(0.1f, Dampening: 0.3f),
        ["adam"] = new Adam(0.01f),
        ["adam_weight_decay"] = new Adam(0.01f, Beta1: 0.8f, Beta2: 0.99f, Epsilon: 1e-6f, WeightDecay: 0.05f),
        ["adamw"] = new AdamW(0.01f, WeightDecay: 0.05f),
        ["rmsprop"] = new RMSprop(0.01f),
        ["rmsprop_momentum"] = new RMSprop(0.01f, Momentum: 0.9f),
        ["adagrad"] = new Adagrad(0.1f),
    };

    public static TheoryData<string> Names => [.. Optimizers.Keys];

    [Theory, MemberData(nameof(Names))]
    public void Twelve_steps_agree_with_PyTorch(string name)
    {
        var reference = TorchReference.Optimizer(name);
        var rule = new UpdateRule(Optimizers[name]);
        var parameters = FlatVector.From(reference["initial"].Span);
        var state = rule.Init(parameters.Count);
        var tree = new TreeSum(new MicrobatchTree(rows: 1, microbatches: 1), [new(0, 0)]);
        var pool = new VectorPool();
        foreach (var (gradient, expected) in reference.List("grads").Zip(reference.List("trajectory")))
        {
            (parameters, state) = Updates.Whole(
                new(rule, parameters, state, tree, [gradient.ToArray()], rows: 1, pool));
            Close.Assert(expected.Span, parameters.Span, 1e-5, $"{name} after step {state.Step}");
        }
        Assert.Equal(12, state.Step);
    }

    [Fact]
    public void Every_optimizer_of_the_reference_is_compared() =>
        Assert.Equal(TorchReference.Names("optimizers"), Optimizers.Keys);

    [Fact]
    public void An_update_leaves_the_old_parameters_and_moments_as_they_were()
    {
        var rule = new UpdateRule(new Sgd(0.1f));
        var parameters = FlatVector.From([1, 2, 3]);
        var state = rule.Init(3);
        var (next, _) = Updates.Whole(
            new(rule, parameters, state, new(new(1, 1), [new(0, 0)]), [new float[] { 1, 1, 1 }], 1, new()));
        Assert.Equal([1, 2, 3], parameters.Span.ToArray());
        Assert.Equal([0, 0, 0], state.Moments[0].Span.ToArray());
        Assert.Equal([0.9f, 1.9f, 2.9f], next.Span.ToArray());
    }

    [Fact]
    public void What_Adam_can_not_work_with_is_refused()
    {
        Assert.StartsWith(
            "Adam: LearningRate is 0; give a number above 0.", MessageOf(() => new Adam(0)), StringComparison.Ordinal);
        Assert.StartsWith(
            "Adam: Beta1 is 1; give a number from 0, below 1.", MessageOf(() => new Adam(Beta1: 1)),
            StringComparison.Ordinal);
        Assert.StartsWith("Adam: Beta2 is -1; give", MessageOf(() => new Adam(Beta2: -1)), StringComparison.Ordinal);
        Assert.StartsWith(
            "Adam: Epsilon is 0; give a number above 0.", MessageOf(() => new Adam(Epsilon: 0)),
            StringComparison.Ordinal);
        Assert.StartsWith(
            "Adam: WeightDecay is NaN; give a number from 0.", MessageOf(() => new Adam(WeightDecay: float.NaN)),
            StringComparison.Ordinal);

        static string MessageOf(Func<Adam> make) => Assert.Throws<ArgumentOutOfRangeException>(make).Message;
    }

    [Fact]
    public void A_learning_rate_of_zero_is_refused()
    {
        var e = Assert.Throws<ArgumentOutOfRangeException>(() => new Sgd(0));
        Assert.StartsWith("Sgd: the learning rate is 0; give a number above 0.", e.Message, StringComparison.Ordinal);
    }
}
