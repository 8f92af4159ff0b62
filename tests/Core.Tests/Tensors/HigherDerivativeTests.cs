using ActorTrain.Core.Tests.Support;
using FsCheck.Xunit;

namespace ActorTrain.Core.Tests.Tensors;

/// <summary>
/// Jacobian-vector and Hessian-vector products of every operation against finite differences and by their laws.
/// </summary>
public class HigherDerivativeTests
{
    // Of matrices of any shape, one of each kind of rule; without kinks, which a difference might go across.
    private static readonly Func<Tensor, Tensor>[] Smooth =
    [
        x => (x * x) / (x + 3),
        x => x.Exp() - (x + 3).Log().Sqrt(),
        x => x.MatMul(x.T()).Pow(2),
        x => Tensor.Cat([x, x * 3], 1).Mean(0),
        x => (x.Var(1) + 1).Sqrt(),
        x => F.Softmax(x.T(), 0),
        x => F.Gelu(x) * F.Tanh(x),
        x => F.LayerNorm(x, Tensor.Ones([x.Shape[1]]), Tensor.Zeros([x.Shape[1]]), epsilon: 0.1f),
        x => F.Linear(x, Tensor.Rand([2, x.Shape[1]], seed: 4)).Narrow(1, 1, 1) * x.Sum(),
        x => F.Conv2d(x.View(1, 1, x.Shape[0], -1), Tensor.Rand([2, 1, 3, 3], seed: 6), padding: 1).Pow(2),
        x => F.CrossEntropy(x, new int[x.Shape[0]]),
        x => F.BinaryCrossEntropyWithLogits(x, Tensor.Ones(x.Shape), Reduction.None),
    ];

    private static readonly Func<Tensor, Tensor>[] AnyShape =
    [
        .. Smooth,
        x => x.Abs() * x.Clamp(-0.5f, 0.5f) * x.Max(1, keepDim: true).Values,
        x => F.MaxPool2d(F.Relu(x).View(1, 1, x.Shape[0], -1), 1, stride: 2),
        x => F.L1Loss(x, Tensor.Zeros(x.Shape)) + F.HuberLoss(x, Tensor.Zeros(x.Shape), delta: 0.5f),
    ];

    private static readonly Tensor Direction = Tensor.Rand([3, 4], seed: 7) - 0.5f;

    public static TheoryData<string> Names => [.. Differentiable.Functions.Keys];

    [Theory, MemberData(nameof(Names))]
    public void A_Jacobian_vector_product_agrees_with_finite_differences(string name)
    {
        var f = Differentiable.Functions[name];
        var (value, tangent) = Grad.Jvp(f, Differentiable.X, Direction);
        Assert.Equal(f(Differentiable.X).ToArray(), value.ToArray());
        AssertSlope(f, tangent, Differentiable.X, Direction);
        Assert.Null(tangent.Trace);
    }

    [Theory, MemberData(nameof(Names))]
    public void A_Hessian_vector_product_agrees_with_finite_differences_of_the_gradient(string name)
    {
        var probe = Tensor.Rand(Differentiable.Functions[name](Differentiable.X).Shape, seed: 9) - 0.5f;
        Tensor F(Tensor x) => (Differentiable.Functions[name](x) * probe).Sum();
        var (value, product) = Grad.Hvp(F, Differentiable.X, Direction);
        Assert.Equal(F(Differentiable.X).Item(), value.Item());
        AssertSlope(x => Grad.ValueAndGrad(F, x).Gradient, product, Differentiable.X, Direction);
        Assert.Null(value.Trace);
        Assert.Null(product.Trace);
    }

    [Property(MaxTest = 30)]
    public void Laws_of_Jacobian_vector_products_hold_for_every_shape(byte rows, byte columns, byte seed)
    {
        foreach (var f in AnyShape)
        {
            var x = Random(rows, columns, seed);
            var (v, w) = (Random(rows, columns, seed + 1), Random(rows, columns, seed + 2));
            var (value, alongV) = Grad.Jvp(f, x, v);
            var alongW = Grad.Jvp(f, x, w).Tangent;
            // Linear in the direction.
            AssertClose((alongV * 2) - alongW, Grad.Jvp(f, x, (v * 2) - w).Tangent);
            // u·(J·v) = (Jᵀ·u)·v
            var u = Tensor.Rand(value.Shape, seed: seed) - 0.5f;
            var pulled = Grad.Vjp(at => f(at[0]), [x]).Pullback(u)[0];
            AssertClose((u * alongV).Sum(), (pulled * v).Sum());
        }
    }

    [Property(MaxTest = 30)]
    public void Hessians_of_every_shape_are_symmetric_and_agree_with_finite_differences(
        byte rows, byte columns, byte seed)
    {
        foreach (var function in Smooth)
        {
            Tensor F(Tensor at) => function(at).Sum();
            var x = Random(rows, columns, seed);
            var (v, w) = (Random(rows, columns, seed + 1), Random(rows, columns, seed + 2));
            var (alongV, alongW) = (Grad.Hvp(F, x, v).Product, Grad.Hvp(F, x, w).Product);
            AssertClose((w * alongV).Sum(), (v * alongW).Sum());
            AssertSlope(at => Grad.ValueAndGrad(F, at).Gradient, alongV, x, v);
        }
    }

    [Fact]
    public void Gradients_nest_as_deep_as_one_likes()
    {
        Tensor Derivative(Func<Tensor, Tensor> f, Tensor x) => Grad.ValueAndGrad(f, x).Gradient;
        var x = Tensor.Scalar(2);
        // (x⁴)′ … (x⁴)⁗
        Func<Tensor, Tensor> f = at => at.Pow(4);
        foreach (var expected in new[] { 32f, 48, 48, 24, 0 })
        {
            var inner = f;
            f = at => Derivative(inner, at);
            Assert.Equal(expected, f(x).Item());
            Assert.Null(f(x).Trace);
        }
        // What an inner function takes from the outer one counts for the outer one, and for that only.
        Assert.Equal(3 * 4, Derivative(a => a * Derivative(b => a * a * b, Tensor.Scalar(5)), x).Item());
        Assert.Equal(1, Derivative(a => a * Derivative(b => a + b, Tensor.Scalar(1)), x).Item());
        Assert.Equal(2, Derivative(a => Grad.Jvp(b => a * b, Tensor.Scalar(1), a * 0.5f).Tangent, x).Item());
    }

    [Fact]
    public void Products_with_several_inputs()
    {
        Tensor F(IReadOnlyList<Tensor> x) => (x[0] * x[0] * x[1]).Sum();
        Tensor[] at = [Tensor.From([2, 3], [2]), Tensor.From([5, 7], [2])];
        Tensor[] v = [Tensor.From([1, 0], [2]), Tensor.From([0, 1], [2])];
        Assert.Equal(20 + 9, Grad.Jvp(F, at, v).Tangent.Item());
        var (value, products) = Grad.Hvp(F, at, v);
        Assert.Equal(20 + 63, value.Item());
        Assert.Equal([10, 6], products[0].ToArray());
        Assert.Equal([4, 0], products[1].ToArray());
    }

    [Fact]
    public void Mistakes_are_named_with_their_mend()
    {
        var x = Tensor.Ones([2]);
        Assert.Equal(
            "Jvp: v has shape [3], expected [2]. Give one number for each element.",
            Assert.Throws<ShapeMismatchException>(() => Grad.Jvp(at => at, x, Tensor.Ones([3]))).Message);
        Assert.StartsWith(
            "Hvp: 1 inputs and 2 vectors; give one for each input, at least one.",
            Assert.Throws<ArgumentException>(() => Grad.Hvp(at => at[0].Sum(), [x], [x, x])).Message,
            StringComparison.Ordinal);
        Assert.Equal(
            "Grad: Twice() has a gradient, but no Jvp, Hvp or second derivative; override Formula.",
            Assert.Throws<NotSupportedException>(() => Grad.Jvp(at => F.Apply(new Twice(), at), x, x)).Message);
        Assert.Equal([2, 2], Grad.ValueAndGrad(at => F.Apply(new Twice(), at).Sum(), x).Gradient.ToArray());
        var rows = x.View(1, 2);
        Tensor Loss(Tensor at) => new Own().Of(at, [0]);
        Assert.Equal([1, 0], Grad.ValueAndGrad(Loss, rows).Gradient.ToArray());
        Assert.Equal(1, Grad.Jvp(Loss, rows, rows).Tangent.Item());
        Assert.Equal(
            "Grad: Own has a gradient, but no Hvp or second derivative; override Formula.",
            Assert.Throws<NotSupportedException>(() => Grad.Hvp(Loss, rows, rows)).Message);
    }

    private static Tensor Random(byte rows, byte columns, int seed) =>
        (Tensor.Rand([1 + (rows % 4), 2 + (columns % 4)], seed: (ulong)seed) * 2) - 1;

    // At a kink within the step the two sides differ; the derivative is one of them.
    private static void AssertSlope(Func<Tensor, Tensor> f, Tensor derivative, Tensor x, Tensor v)
    {
        const float h = 1e-2f;
        var (left, middle, right) = (f(x - (v * h)).ToArray(), f(x).ToArray(), f(x + (v * h)).ToArray());
        Assert.Equal(middle.Length, derivative.Shape.Count);
        for (var i = 0; i < middle.Length; i++)
        {
            var slope = (right[i] - (double)left[i]) / (2 * h);
            var slack = 2e-3 + (1e-2 * Math.Abs(slope)) + (Math.Abs(right[i] + (double)left[i] - (2 * middle[i])) / h);
            Assert.True(
                Math.Abs(derivative.Span[i] - slope) <= slack, $"[{i}]: {derivative.Span[i]}, by differences {slope}");
        }
    }

    private static void AssertClose(Tensor expected, Tensor actual)
    {
        var scale = 1 + expected.Abs().Max().Item();
        Assert.Equal(expected.Shape, actual.Shape);
        Assert.True((expected - actual).Abs().Max().Item() <= 2e-4 * scale, $"{expected} and {actual}");
    }

    private sealed record Twice : Layer
    {
        public override ParameterLayout Layout => ParameterLayout.Empty;

        public override Shape OutputShape(Shape input) => input;

        public override (Tensor Output, Saved Saved) Forward(
            Parameters parameters, Tensor input, LayerContext context) => (input * 2, default);

        public override (Tensor? InputGradient, Parameters ParameterGradient) Backward(
            Parameters parameters, Saved saved, Tensor outputGradient, LayerContext context) =>
            (outputGradient * 2, parameters);

        public override string ToString() => "Twice()";
    }

    // The output at the label.
    private sealed record Own : Loss
    {
        public override (Tensor RowLosses, Tensor OutputGradient) ValueAndGradient(
            Tensor output, ReadOnlySpan<int> labels, LayerContext context) =>
            (output.Select(1, labels[0]).Contiguous(), Tensor.From([1, 0], [1, 2]));
    }
}
