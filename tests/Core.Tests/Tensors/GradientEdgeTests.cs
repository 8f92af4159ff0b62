namespace ActorTrain.Core.Tests.Tensors;

/// <summary>Gradients at kinks, of what is not finite, and of numbers.</summary>
public class GradientEdgeTests
{
    private const float Infinite = float.PositiveInfinity;

    [Fact]
    public void No_gradient_goes_through_a_bound_not_even_an_infinite_one()
    {
        var x = Tensor.From([-1, 0.5f, 2, float.NaN], [4]);
        var gradient = Grad.Vjp(at => at[0].Clamp(0, 1), [x]).Pullback(Tensor.Full([4], Infinite))[0];
        Assert.Equal([0, Infinite, 0, 0], gradient.ToArray());
        // A gradient of the gradient: 6x within the bounds.
        var product = Grad.Hvp(at => at.Clamp(0, 1).Pow(3).Sum(), x[..3], Tensor.Ones([3])).Product;
        Assert.Equal([0, 3, 0], product.ToArray());
    }

    [Fact]
    public void The_places_that_are_not_the_largest_have_no_gradient_not_even_of_an_infinite_one()
    {
        var gradient = Grad.Vjp(at => at[0].Max(0).Values, [Tensor.From([1, 3, 3], [3])])
            .Pullback(Tensor.Scalar(Infinite))[0];
        Assert.Equal([0, Infinite, 0], gradient.ToArray());
    }

    [Fact]
    public void The_slope_of_a_distance_is_its_sign_and_no_number_where_there_is_none() => Assert.Equal(
        [-1, 0, 1, float.NaN],
        Grad.ValueAndGrad(x => x.Abs().Sum(), Tensor.From([-2, 0, 3, float.NaN], [4])).Gradient.ToArray());

    [Fact]
    public void A_standard_deviation_of_0_has_the_gradient_0()
    {
        Assert.Equal([0, 0, 0, 0], Grad.ValueAndGrad(x => x.Std(), Tensor.Ones([4])).Gradient.ToArray());
        // Row by row: (x − mean) / std of the row that is not flat.
        var x = Tensor.From([5, 5, 5, 1, 2, 3], [2, 3]);
        Assert.Equal([0, 0, 0, -0.5f, 0, 0.5f], Grad.ValueAndGrad(at => at.Std(1).Sum(), x).Gradient.ToArray());
        var (direction, spread) = (Tensor.From([1, 0, 0, 1, 0, 0], [2, 3]), x[1..]);
        Assert.Equal(
            [0, 0, 0, .. Grad.Hvp(at => at.Std(1).Sum(), spread, direction[1..]).Product.ToArray()],
            Grad.Hvp(at => at.Std(1).Sum(), x, direction).Product.ToArray());
    }

    [Fact]
    public void Equal_largest_elements_share_the_gradient_but_along_a_dimension_the_first_has_it()
    {
        var x = Tensor.From([9, 9, 4, 1], [2, 2]);
        Assert.Equal([1, 1, 0, 0], Grad.ValueAndGrad(at => at.Max() * 2, x).Gradient.ToArray());
        Assert.Equal([1, 0, 1, 0], Grad.ValueAndGrad(at => at.Max(1).Values.Sum(), x).Gradient.ToArray());
        var withNaN = Tensor.From([float.NaN, 2, float.NaN], [3]);
        Assert.Equal([0.5f, 0, 0.5f], Grad.ValueAndGrad(at => at.Max(), withNaN).Gradient.ToArray());
        // (max²)″ = 2, for two that share it in the directions of both: 2·½·(½ + ½).
        Assert.Equal([1, 1, 0, 0], Grad.Hvp(at => at.Max().Pow(2), x, Tensor.Ones([2, 2])).Product.ToArray());
    }

    [Fact]
    public void An_element_is_a_number_without_a_gradient_and_is_refused_where_one_is_asked_for()
    {
        var x = Tensor.From([3, 4], [2]);
        Assert.Equal(
            "Tensor[...]: a number carries no gradient; use Select(0, i), or Detach() first to read a number.",
            Assert.Throws<InvalidOperationException>(() => Grad.ValueAndGrad(at => at[0] * at[0] + at[1], x)).Message);
        var (value, gradient) = Grad.ValueAndGrad(at => (at.Select(0, 0) * at.Select(0, 0)) + at.Select(0, 1), x);
        Assert.Equal(13, value.Item());
        Assert.Equal([6, 1], gradient.ToArray());
        Assert.Equal([4, 4], Grad.ValueAndGrad(at => at.Sum() * at.Detach()[1], x).Gradient.ToArray());
        Assert.Equal([7, 7], Grad.ValueAndGrad(at => at.Sum() * at.Sum().Item(), x).Gradient.ToArray());
    }

    [Fact]
    public void What_is_traced_is_printed_and_copied_in_any_order_of_its_elements()
    {
        var (text, copy) = ("", Array.Empty<float>());
        Grad.ValueAndGrad(
            at =>
            {
                (text, copy) = (at.T().ToString(), at.T().ToArray());
                return at.Sum();
            }, Tensor.From([1, 2, 3, 4], [2, 2]));
        Assert.Equal("tensor([[1., 3.],\n        [2., 4.]])", text);
        Assert.Equal([1, 3, 2, 4], copy);
    }
}
