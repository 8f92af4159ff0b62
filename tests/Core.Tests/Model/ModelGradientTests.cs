using ActorTrain.Core.Tests.Support;

namespace ActorTrain.Core.Tests.Model;

public class ModelGradientTests
{
    private static readonly Tensor X = Tensor.Randn([6, 4], seed: 1);
    private static readonly int[] Labels = [0, 1, 1, 0, 1, 0];
    private static readonly ActorTrain.Model Mlp = ActorTrain.Model.Create(Sequential.Mlp(4, 3, 2), seed: 7);

    // The same function in four ways: the model, its parts, its weights, and weights that are no model's.
    public static TheoryData<string, Func<ActorTrain.Model, Tensor>> Ways => new()
    {
        { "parts", m => F.LogSoftmax(m["fc2"].Forward(F.Relu(m["fc1"].Forward(X))), dim: 1) },
        { "places", m => m[3].Forward(m[2].Forward(m[1].Forward(m[0].Forward(X)))) },
        {
            "weights", m => F.LogSoftmax(
                F.Linear(F.Relu(F.Linear(X, m["fc1"].Weight, m["fc1"].Bias)), m["fc2"].Weight, m["fc2"].Bias), dim: 1)
        },
        {
            "names", m => F.LogSoftmax(
                F.Linear(
                    F.Relu(F.Linear(X, m.Parameters["fc1.weight"], m.Parameters["fc1.bias"])),
                    m.Parameters["fc2.weight"], m.Parameters["fc2.bias"]), dim: 1)
        },
    };

    [Theory, MemberData(nameof(Ways))]
    public void A_gradient_goes_through_a_model_whichever_way_its_parameters_are_used(
        string way, Func<ActorTrain.Model, Tensor> forward)
    {
        var (value, gradient) = Grad.ValueAndGrad(m => F.NllLoss(m.Forward(X), Labels), Mlp);
        var (other, otherGradient) = Grad.ValueAndGrad(m => F.NllLoss(forward(m), Labels), Mlp);
        Close.Assert(value.Span, other.Span, 1e-6, way);
        Close.Assert(gradient.Span, otherGradient.Span, 1e-6, way);
        Assert.Contains(gradient.Span.ToArray(), slope => slope != 0);
    }

    [Fact]
    public void It_is_the_slope_by_finite_differences()
    {
        float Loss(Tensor weight) => F.NllLoss(Mlp.With("fc2.weight", weight).Forward(X), Labels).Item();
        var (_, gradient) = Grad.ValueAndGrad(m => F.NllLoss(m.Forward(X), Labels), Mlp);
        var weight = Mlp["fc2"].Weight;
        const float Step = 1e-2f;
        var slopes = Enumerable.Range(0, weight.Shape.Count).Select(i =>
        {
            var direction = Tensor.OneHot([i], weight.Shape.Count).View(weight.Shape.ToArray()) * Step;
            return (Loss(weight + direction) - Loss(weight - direction)) / (2 * Step);
        });
        Close.Assert(slopes.ToArray(), gradient["fc2.weight"].Contiguous().Span, 1e-3, "fc2.weight");
    }

    [Fact]
    public void A_gradient_goes_through_a_models_input()
    {
        var (_, dx) = Grad.ValueAndGrad(x => Mlp.Forward(x).Select(1, 0).Sum(), X);
        var (_, expected) = Grad.ValueAndGrad(
            x => F.LogSoftmax(
                F.Linear(
                    F.Relu(F.Linear(x, Mlp["fc1"].Weight, Mlp["fc1"].Bias)), Mlp["fc2"].Weight, Mlp["fc2"].Bias),
                dim: 1).Select(1, 0).Sum(), X);
        Close.Assert(expected.Span, dx.Span, 1e-6, "dx");
        Assert.Contains(dx.ToArray(), slope => slope != 0);
    }

    [Fact]
    public void A_gradient_goes_through_a_value_that_stands_for_a_parameter()
    {
        var (value, gradient) = Grad.ValueAndGrad(m => F.NllLoss(m.Forward(X), Labels), Mlp);
        foreach (var name in Mlp.Layer.Layout.Slots.Select(slot => slot.Name))
        {
            var (other, slope) = Grad.ValueAndGrad(
                at => F.NllLoss(Mlp.With(name, at).Forward(X), Labels), Mlp.Parameters[name]);
            Assert.Equal(value.Item(), other.Item());
            Assert.Equal(gradient[name].ToArray(), slope.ToArray());
        }
    }

    [Fact]
    public void A_gradient_goes_through_a_model_with_another_value_to_all_its_parameters()
    {
        var linear = ActorTrain.Model.Create(new Linear(2, 3), seed: 7);
        var x = Tensor.From([1, 2, 3, 4], [2, 2]);
        var (value, gradient) = Grad.ValueAndGrad(m => m.With("bias", m.Bias * 2).Forward(x).Sum(), linear);
        Assert.Equal(F.Linear(x, linear.Weight, linear.Bias * 2).Sum().Item(), value.Item());
        Assert.Equal([4, 6, 4, 6, 4, 6], gradient["weight"].ToArray());
        Assert.Equal([4, 4, 4], gradient["bias"].ToArray());
        var (_, ofPart) = Grad.ValueAndGrad(
            m => m["fc1"].With("bias", m["fc2"].Weight.Sum(0)).Forward(X).Sum(), Mlp);
        Assert.Equal([6, 6, 6, 6, 6, 6], ofPart["fc2.weight"].ToArray());
        Assert.Equal([0, 0, 0], ofPart["fc1.bias"].ToArray());
        Close.Assert(
            Tensor.Stack([X.Sum(0), X.Sum(0), X.Sum(0)]).Span, ofPart["fc1.weight"].Contiguous().Span, 1e-5, "weight");
    }

    [Fact]
    public void A_gradient_goes_through_a_step_along_a_gradient()
    {
        // With L = Σ(x·w + b)² and w' = w − s·∂L/∂w, b as it is: ∂L(w', b)/∂s = −∂L/∂w at w' · ∂L/∂w at w.
        var linear = ActorTrain.Model.Create(new Linear(2, 1), seed: 7);
        var x = Tensor.From([1, 2, 3, 4], [2, 2]);
        Tensor Loss(ActorTrain.Model m) => m.Forward(x).Pow(2).Sum();
        var (_, before) = Grad.ValueAndGrad(Loss, linear);
        var (_, after) = Grad.ValueAndGrad(Loss, linear.With("weight", linear.Weight - (before["weight"] * 0.01f)));
        var (_, slope) = Grad.ValueAndGrad(
            step => Loss(linear.With("weight", linear.Weight - (before["weight"] * step))), Tensor.Scalar(0.01f));
        Close.Assert((after["weight"] * before["weight"] * -1).Sum().Span, slope.Span, 1e-4, "step");
        // The gradient depends on the weights itself: ∂(∂L/∂b)/∂w = 2·Σx.
        var (_, second) = Grad.ValueAndGrad(m => Grad.ValueAndGrad(Loss, m).Gradient["bias"].Sum(), linear);
        Close.Assert([8, 12], second["weight"].Contiguous().Span, 1e-5, "weight");
        Close.Assert([4], second["bias"].Span, 1e-5, "bias");
    }
}
