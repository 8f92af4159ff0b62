using ActorTrain.Core.Tests.Support;

namespace ActorTrain.Core.Tests.Tensors;

/// <summary>Every operation's gradient against finite differences, in a table; what Grad promises.</summary>
public class GradTests
{
    private static Tensor X => Differentiable.X;
    private static Tensor Y => Differentiable.Y;
    private static Tensor Row => Differentiable.Row;

    public static TheoryData<string> Names => [.. Differentiable.Functions.Keys];

    [Theory, MemberData(nameof(Names))]
    public void Gradients_agree_with_finite_differences(string name)
    {
        var f = Differentiable.Functions[name];
        var (value, pullback) = Grad.Vjp(inputs => f(inputs[0]), [X]);
        var probe = Tensor.Rand(value.Shape, seed: 9) - 0.5f;
        var gradient = pullback(probe)[0];
        Assert.Equal(X.Shape, gradient.Shape);
        const float h = 1e-2f;
        var at = X.ToArray();
        for (var i = 0; i < at.Length; i++)
        {
            var x = at[i];
            at[i] = x + h;
            var right = Weighted(at);
            at[i] = x - h;
            var left = Weighted(at);
            at[i] = x;
            var (slope, middle) = ((right - left) / (2 * h), Weighted(at));
            // At a kink within the step the two sides differ; the gradient is one of them.
            var slack = 2e-3 + (5e-3 * Math.Abs(slope)) + (Math.Abs(right + left - (2 * middle)) / h);
            Assert.True(
                Math.Abs(gradient.Span[i] - slope) <= slack, $"[{i}]: gradient {gradient.Span[i]}, slope {slope}");
        }

        double Weighted(float[] x) => (f(Tensor.From(x, X.Shape)) * probe).ToArray().Sum(y => (double)y);
    }

    [Fact]
    public void A_gradient_with_respect_to_several_inputs()
    {
        var (value, gradients) = Grad.ValueAndGrad(x => (x[0] * x[1]).Sum(), [X, Y, Row]);
        Assert.Equal((X * Y).Sum().Item(), value.Item());
        Assert.Equal(Y.ToArray(), gradients[0].ToArray());
        Assert.Equal(X.ToArray(), gradients[1].ToArray());
        Assert.Equal([0, 0, 0, 0], gradients[2].ToArray());
    }

    [Fact]
    public void What_is_detached_or_outside_is_a_constant()
    {
        var (value, gradient) = Grad.ValueAndGrad(x => (x * x.Detach()).Sum() + Y.Sum(), X);
        Assert.Equal(X.ToArray(), gradient.ToArray());
        Assert.Null(value.Trace);
    }

    [Fact]
    public void A_layer_of_ones_own_has_its_gradient()
    {
        var (_, gradients) = Grad.ValueAndGrad(
            x => F.Apply(new Linear(4, 2), x[0], x[1], x[2]).Sum(), [X, Tensor.Ones([2, 4]), Tensor.Zeros([2])]);
        Assert.Equal(X.Sum(0).ToArray(), gradients[1].Select(0, 0).ToArray());
        Assert.Equal([3, 3], gradients[2].ToArray());
    }

    [Fact]
    public void Mistakes_are_named_with_their_mend()
    {
        Assert.Equal(
            "ValueAndGrad: the function's value has shape [3, 4], expected []. Sum it, or use Vjp.",
            Assert.Throws<ShapeMismatchException>(() => Grad.ValueAndGrad(x => x, X)).Message);
        Assert.Equal(
            "Linear(in_features=4, out_features=2, bias=False): weight has shape [4, 2], expected [2, 4]. Give the "
            + "parameter's shape.",
            Assert.Throws<ShapeMismatchException>(
                () => F.Apply(new Linear(4, 2, Bias: false), X, Tensor.Ones([4, 2]))).Message);
        Assert.StartsWith(
            "F.Apply: Linear(in_features=4, out_features=2, bias=True) has 2 parameters, 0 are given; give weight, "
            + "bias.",
            Assert.Throws<ArgumentException>(() => F.Apply(new Linear(4, 2), X)).Message, StringComparison.Ordinal);
    }
}
