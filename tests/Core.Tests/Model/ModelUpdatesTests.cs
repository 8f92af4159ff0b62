using ActorTrain.Core.Tests.Support;

namespace ActorTrain.Core.Tests.Model;

public class ModelUpdatesTests
{
    private static readonly Tensor X = Tensor.Randn([6, 4], seed: 1);
    private static readonly int[] Labels = [0, 1, 1, 0, 1, 0];
    private static readonly ActorTrain.Model Mlp = ActorTrain.Model.Create(Sequential.Mlp(4, 3, 2), seed: 7);

    private static readonly Parameters Gradient =
        Grad.ValueAndGrad(model => F.NllLoss(model.Forward(X), Labels), Mlp).Gradient;

    public static TheoryData<string> Rules => [.. UpdateRules.All.Keys];

    [Fact]
    public void A_step_of_gradient_descent_goes_against_the_gradient()
    {
        var sgd = new Sgd(LearningRate: 0.5f, Momentum: 0);
        var (next, state) = sgd.Step(Mlp, Gradient, sgd.Init(Mlp));
        foreach (var slot in Mlp.Layer.Layout.Slots)
        {
            var expected = Mlp.Parameters[slot.Name] - (0.5f * Gradient[slot.Name]);
            Close.Assert(expected.Contiguous().Span, next.Parameters[slot.Name].Contiguous().Span, 1e-6, slot.Name);
        }
        Assert.Equal(1, state.Step);
    }

    [Theory, MemberData(nameof(Rules))]
    public void Every_rule_lowers_the_loss_and_changes_nothing_that_it_is_given(string name)
    {
        var rule = UpdateRules.All[name];
        var (model, state, before) = (Mlp, rule.Init(Mlp), Mlp.Parameters.Span.ToArray());
        var losses = new List<float>();
        for (var step = 0; step < 20; step++)
        {
            var (loss, gradient) = Grad.ValueAndGrad(m => F.NllLoss(m.Forward(X), Labels), model);
            (model, state) = rule.Step(model, gradient, state);
            losses.Add(loss.Item());
        }
        Assert.True(losses[^1] < losses[0], $"{losses[0]} → {losses[^1]}");
        Assert.Equal(before, Mlp.Parameters.Span.ToArray());
        Assert.Equal((20, rule.MomentCount), (state.Step, state.Moments.Length));
    }

    [Fact]
    public void Running_statistics_stay_and_frozen_parameters_too()
    {
        var model = ActorTrain.Model.Create(
            new Sequential(("fc1", new Linear(4, 3)), ("norm", new BatchNorm1d(3)), ("fc2", new Linear(3, 2))),
            seed: 7);
        var (_, gradient) = Grad.ValueAndGrad(m => F.CrossEntropy(m.Forward(X), Labels), model);
        var rule = new UpdateRule(new Adam())
        {
            Untrained = UpdateRule.UntrainedOf(model.Layer.Layout, new NamePatterns("fc1.*")),
        };

        var (all, _) = new Adam().Step(model, gradient, new Adam().Init(model));
        var (some, _) = rule.Step(model, gradient, rule.Init(model));

        Assert.Equal(["fc1.weight", "fc1.bias", "norm.weight", "norm.bias", "fc2.weight", "fc2.bias"], Changed(all));
        Assert.Equal(["norm.weight", "norm.bias", "fc2.weight", "fc2.bias"], Changed(some));

        IEnumerable<string> Changed(ActorTrain.Model next) => model.Layer.Layout.Slots.Select(slot => slot.Name).Where(
            name => !model.Parameters[name].ToArray().SequenceEqual(next.Parameters[name].ToArray()));
    }

    [Fact]
    public void Another_models_gradient_or_state_is_refused()
    {
        var other = ActorTrain.Model.Create(new Linear(4, 2), seed: 7);
        var sgd = new Sgd(0.1f);
        Assert.StartsWith(
            "Step: the gradient has 10 numbers and the model 23, or other names; give the model's own gradient.",
            Assert.Throws<ArgumentException>(() => sgd.Step(Mlp, other.Parameters, sgd.Init(Mlp))).Message,
            StringComparison.Ordinal);
        Assert.StartsWith(
            "Step: the state is not one of Sgd",
            Assert.Throws<ArgumentException>(() => sgd.Step(Mlp, Gradient, sgd.Init(other))).Message,
            StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new Adam().Step(Mlp, Gradient, sgd.Init(Mlp)));
    }
}
