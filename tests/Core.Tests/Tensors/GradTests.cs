namespace ActorTrain.Core.Tests.Tensors;

/// <summary>Every operation's gradient against finite differences, in a table; what Grad promises.</summary>
public class GradTests
{
    private static readonly Tensor X = Tensor.Rand([3, 4], seed: 1) + 0.5f;
    private static readonly Tensor Y = Tensor.Rand([3, 4], seed: 2) + 0.5f;
    private static readonly Tensor Row = Tensor.Rand([4], seed: 3) + 0.5f;
    private static readonly int[] Labels = [2, 0, 3];

    private static readonly Dictionary<string, Func<Tensor, Tensor>> Functions = new()
    {
        ["add"] = x => x + Row,
        ["add to a row"] = x => Y + x.Sum(0),
        ["subtract"] = x => Row - x,
        ["multiply by itself"] = x => x * x,
        ["divide"] = x => x / Row,
        ["divide by"] = x => Row / x,
        ["matmul"] = x => x.MatMul(Y.T()),
        ["matmul on the right"] = x => Y.T().MatMul(x),
        ["exp"] = x => x.Exp(),
        ["log"] = x => x.Log(),
        ["sqrt"] = x => x.Sqrt(),
        ["abs"] = x => (x - 1).Abs(),
        ["pow"] = x => x.Pow(3),
        ["pow 0"] = x => x.Pow(0),
        ["clamp"] = x => x.Clamp(0.7f, 1.2f),
        ["sum"] = x => x.Sum([0, 1], keepDim: true),
        ["mean"] = x => x.Mean(0),
        ["std"] = x => x.Std(1),
        ["max"] = x => x.Max(1).Values,
        ["view"] = x => x.View(2, 6),
        ["reshape"] = x => x.T().Reshape(2, -1),
        ["transpose"] = x => x.View(3, 2, 2).Transpose(0, 2),
        ["resize"] = x => x.Resize([2, 3]),
        ["rows"] = x => x.Rows(1, 2) + x[..2],
        ["narrow"] = x => x.Narrow(1, 1, 2),
        ["select"] = x => x.Select(0, 1),
        ["cat"] = x => Tensor.Cat([x, Y, x], 1),
        ["stack"] = x => Tensor.Stack([x, x * 2], 1),
        ["relu"] = x => F.Relu(x - 1),
        ["softmax 0"] = x => F.Softmax(x, 0),
        ["log_softmax 1"] = x => F.LogSoftmax(x, 1),
        ["linear"] = x => F.Linear(Y, x, Tensor.Ones([3])),
        ["linear's input"] = x => F.Linear(x, Y),
        ["conv2d"] = x => F.Conv2d(x.View(1, 1, 3, 4), Tensor.Rand([2, 1, 2, 2], seed: 5), padding: 1),
        ["conv2d's weight"] = x => F.Conv2d(Tensor.Rand([2, 3, 3, 3], seed: 5), x.View(1, 3, 2, 2)),
        ["layer_norm"] = x => F.LayerNorm(x, Row, Row),
        ["batch_norm"] = x => F.BatchNorm(x, BatchStatistics.Initial(4), Row, Row, training: true).Output,
        ["dropout"] = x => F.Dropout(x, 0.5f, seed: 1),
        ["cross entropy"] = x => F.CrossEntropy(x, Labels),
        ["cross entropy, smoothed and weighted"] =
            x => F.CrossEntropy(x, Labels, Reduction.None, 0.2f, [1, 2, 3, 4], ignoreIndex: 0),
        ["nll"] = x => F.NllLoss(x, Labels, Reduction.Sum, [1, 2, 3, 4]),
        ["mse"] = x => F.MseLoss(x, Y),
        ["l1"] = x => F.L1Loss(x, Y, Reduction.Sum),
        ["huber"] = x => F.HuberLoss(x, Y, Reduction.None, delta: 0.2f),
        ["smooth l1"] = x => F.SmoothL1Loss(x, Y, beta: 0.2f),
        ["bce"] = x => F.BinaryCrossEntropy(x / 2, Row.Clamp(0, 1) + Tensor.Zeros([3, 4])),
        ["bce with logits"] = x => F.BinaryCrossEntropyWithLogits(x, Y),
        ["a composition"] = x => (F.Tanh(x.MatMul(Y.T())) * x.Sum()).Exp().Mean(),
    };

    public static TheoryData<string> Names => [.. Functions.Keys];

    [Theory, MemberData(nameof(Names))]
    public void Gradients_agree_with_finite_differences(string name)
    {
        var f = Functions[name];
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
            "Grad: a gradient inside a function whose gradient is taken; second derivatives are not supported.",
            Assert.Throws<NotSupportedException>(() => Grad.ValueAndGrad(
                x => Grad.ValueAndGrad(y => y.Sum(), x).Gradient.Sum(), X)).Message);
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
