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
}
