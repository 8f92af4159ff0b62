namespace ActorTrain.Core.Tests.Losses;

/// <summary>Losses where a logarithm or a number is not finite: with PyTorch's numbers, worked out by hand.</summary>
public class LossEdgeTests
{
    private const float Never = float.NegativeInfinity;

    // The third class is masked.
    private static readonly Tensor Masked = Tensor.From([1, 2, Never, 3, 1, Never], [2, 3]);
    private static readonly Tensor Without = Tensor.From([1, 2, 3, 1], [2, 2]);

    [Fact]
    public void Binary_cross_entropy_of_a_saturated_sigmoid_has_a_gradient()
    {
        Tensor Loss(Tensor x) => F.BinaryCrossEntropy(F.Sigmoid(x), Tensor.From([1, 0], [2]));
        var (_, gradient) = Grad.ValueAndGrad(Loss, Tensor.From([20, -1], [2]));
        Assert.Equal(0, gradient[0]);
        Assert.Equal(0.134471f, gradient[1], 1e-6f);
    }

    [Fact]
    public void Binary_cross_entropy_of_probabilities_0_and_1_has_a_finite_gradient()
    {
        var (value, gradient) = Grad.ValueAndGrad(
            x => F.BinaryCrossEntropy(x, Tensor.From([1, 0, 1], [3])), Tensor.From([1, 0, 0.5f], [3]));
        Assert.Equal(MathF.Log(2) / 3, value.Item(), 1e-7f);
        Assert.Equal([0, 0, -2 * (1f / 3)], gradient.ToArray());

        (value, gradient) = Grad.ValueAndGrad(
            x => F.BinaryCrossEntropy(x, Tensor.From([0, 1], [2]), Reduction.Sum), Tensor.From([1, 0], [2]));
        Assert.Equal(200, value.Item());
        Assert.Equal([1 / 1e-12f, -1 / 1e-12f], gradient.ToArray());
    }

    [Fact]
    public void Binary_cross_entropy_has_finite_second_derivatives()
    {
        // 1/x² and, where x·(1 − x) is below 1e-12, the slope of (x − t) / 1e-12.
        var (_, product) = Grad.Hvp(
            x => F.BinaryCrossEntropy(x, Tensor.From([1, 1], [2]), Reduction.Sum), Tensor.From([0.5f, 1], [2]),
            Tensor.Ones([2]));
        Assert.Equal([4, 1 / 1e-12f], product.ToArray());
    }

    [Theory]
    [InlineData("weights")]
    [InlineData("an ignored row")]
    [InlineData("both")]
    public void A_class_that_is_masked_adds_nothing_to_cross_entropy(string kind)
    {
        int[] labels = kind == "weights" ? [1, 0] : [1, -100];
        float[] weight = kind == "an ignored row" ? [] : [3, 2, 5];
        var loss = new CrossEntropyLoss(0, [.. weight]);
        var two = new CrossEntropyLoss(0, [.. weight.Take(2)]);

        var (value, gradient) = Grad.ValueAndGrad(x => loss.Of(x, labels), Masked);
        var (expected, gradientWithout) = Grad.ValueAndGrad(x => two.Of(x, labels), Without);
        Assert.Equal(expected.Item(), value.Item());
        Assert.Equal(gradientWithout.ToArray(), gradient.Narrow(1, 0, 2).ToArray());
        Assert.Equal([0, 0], gradient.Select(1, 2).ToArray());

        var product = Grad.Hvp(x => loss.Of(x, labels), Masked, Tensor.Ones([2, 3])).Product;
        Assert.All(product.ToArray(), x => Assert.Equal(0, x, 1e-6f));
    }

    [Fact]
    public void A_masked_class_is_worth_as_much_with_weights_as_without()
    {
        var row = Masked[..1];
        Assert.Equal(0.3133f, F.CrossEntropy(row, [1]).Item(), 1e-4f);
        Assert.Equal(F.CrossEntropy(row, [1]).Item(), F.CrossEntropy(row, [1], weight: [1, 1, 1]).Item());
        // What smoothing expects of it never comes.
        Assert.Equal(float.PositiveInfinity, F.CrossEntropy(row, [1], labelSmoothing: 0.1f).Item());
    }

    [Fact]
    public void A_label_of_weight_0_adds_nothing_even_where_its_probability_is_0()
    {
        var row = Masked[..1];
        Assert.Equal(0, F.CrossEntropy(row, [2], Reduction.Sum, weight: [1, 1, 0]).Item());
        Assert.Equal(0, F.NllLoss(row, [2], Reduction.Sum, weight: [1, 1, 0]).Item());
        Assert.Equal(float.PositiveInfinity, F.NllLoss(row, [2]).Item());
    }

    [Fact]
    public void Losses_of_a_distance_that_is_no_number_have_a_gradient_that_is_none()
    {
        var (x, zeros) = (Tensor.From([float.NaN, -2], [2]), Tensor.Zeros([2]));
        foreach (var loss in new ElementLoss[] { new L1Loss(), new SmoothL1Loss(), new HuberLoss() })
        {
            Assert.Equal(
                [float.NaN, -1], Grad.ValueAndGrad(at => loss.Of(at, zeros, Reduction.Sum), x).Gradient.ToArray());
        }
    }

    [Fact]
    public void An_infinite_distance_has_the_gradient_of_every_far_one()
    {
        var x = Tensor.From([float.PositiveInfinity, -9], [2]);
        var (value, gradient) = Grad.ValueAndGrad(
            at => F.HuberLoss(at, Tensor.Zeros([2]), Reduction.Sum, delta: 2), x);
        Assert.Equal(float.PositiveInfinity, value.Item());
        Assert.Equal([2, -2], gradient.ToArray());
    }
}
