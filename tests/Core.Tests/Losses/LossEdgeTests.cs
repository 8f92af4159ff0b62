namespace ActorTrain.Core.Tests.Losses;

/// <summary>Losses where a logarithm or a number is not finite: with PyTorch's numbers, worked out by hand.</summary>
public class LossEdgeTests
{
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
