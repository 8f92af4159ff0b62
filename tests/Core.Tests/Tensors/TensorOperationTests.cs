namespace ActorTrain.Core.Tests.Tensors;

public class TensorOperationTests
{
    private static readonly Tensor Six = Tensor.From([1, 2, 3, 4, 5, 6], [2, 3]);

    [Fact]
    public void Tensors_are_made_by_PyTorchs_names()
    {
        Assert.Equal([7, 7], Tensor.Full([2], 7).ToArray());
        Assert.Equal([1, 1, 1], Tensor.Ones([3]).ToArray());
        Assert.Equal([0, 1, 2, 3], Tensor.Arange(4).ToArray());
        Assert.Equal([1, 1.5f, 2], Tensor.Arange(1, 2.25f, 0.5f).ToArray());
        Assert.Equal([3, 2, 1], Tensor.Arange(3, 0, -1).ToArray());
        Assert.Equal("tensor([[0., 1., 0.],\n        [1., 0., 0.]])", Tensor.OneHot([1, 0], 3).ToString());
        Assert.StartsWith(
            "OneHot: label 3 is not one of the classes 0..2.",
            Assert.Throws<ArgumentOutOfRangeException>(() => Tensor.OneHot([3], 3)).Message, StringComparison.Ordinal);
        Assert.StartsWith(
            "Arange: from 0 to 1 by -1; give a step that leads there.",
            Assert.Throws<ArgumentOutOfRangeException>(() => Tensor.Arange(0, 1, -1)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Rows_of_an_array_are_a_matrix()
    {
        float[,] values = { { 1, 2, 3 }, { 4, 5, 6 } };
        var matrix = Tensor.From(values);
        values[0, 0] = 9;
        Assert.Equal([2, 3], matrix.Shape);
        Assert.Equal(Six.ToArray(), matrix.ToArray());
    }

    [Fact]
    public void Numbers_of_any_kind_stand_beside_a_tensor()
    {
        Assert.Equal((0.1f * Six).ToArray(), (0.1 * Six).ToArray());
        Assert.Equal([0.5f, 1, 1.5f, 2, 2.5f, 3], (Six / 2).ToArray());
        Assert.Equal(0, (1 - Six).Max().Item());
    }

    [Fact]
    public void Random_numbers_are_a_function_of_seed_and_stream()
    {
        var normal = Tensor.Randn([1000, 20], seed: 7);
        Assert.InRange(normal.Mean().Item(), -0.03f, 0.03f);
        Assert.InRange(normal.Std().Item(), 0.98f, 1.02f);
        Assert.Equal(normal.ToArray(), Tensor.Randn([1000, 20], seed: 7).ToArray());
        Assert.Equal(normal.ToArray(), Six.Resize([1000, 20]).RandnLike(seed: 7).ToArray());
        Assert.NotEqual(normal.ToArray(), Tensor.Randn([1000, 20], seed: 7, stream: 1).ToArray());
        var uniform = Tensor.Rand([1000, 20], seed: 7).ToArray();
        Assert.All(uniform, x => Assert.InRange(x, 0, 0.99999999f));
        Assert.InRange(uniform.Average(), 0.49, 0.51);
    }

    [Fact]
    public void Shapes_are_aligned_at_their_ends()
    {
        Assert.Equal([11, 22, 33, 14, 25, 36], (Six + Tensor.From([10, 20, 30], [3])).ToArray());
        Assert.Equal([0, 1, 2, 2, 3, 4], (Six - Tensor.From([1, 2], [2, 1])).ToArray());
        Assert.Equal([2, 4, 6, 8, 10, 12], (2 * Six).ToArray());
        Assert.Equal([6, 3, 2, 1.5f, 1.2f, 1], (6 / Six).ToArray());
        Assert.Equal([4, 2, 3], (Six + Tensor.Zeros([4, 1, 1])).Shape);
        Assert.Equal(
            "+: second operand has shape [2], expected a shape that goes with [2, 3]. Counted from the end, dimension "
            + "1 is 3 and 2; make them equal, or one of them 1.",
            Assert.Throws<ShapeMismatchException>(() => Six + Tensor.Zeros([2])).Message);
    }

    [Fact]
    public void Comparisons_are_1_where_they_hold()
    {
        Assert.Equal([0, 0, 0, 1, 1, 1], (Six > 3).ToArray());
        Assert.Equal([1, 1, 0, 0, 0, 0], (Six < 3).ToArray());
        Assert.Equal([0, 0, 1, 1, 1, 1], (Six >= 3).ToArray());
        Assert.Equal([1, 1, 1, 0, 0, 0], (Six <= 3).ToArray());
        Assert.Equal([0, 1, 0, 0, 0, 0], Six.Eq(2).ToArray());
        Assert.Equal([1, 0, 1, 1, 1, 1], Six.Ne(2).ToArray());
    }

    [Fact]
    public void Functions_go_element_by_element()
    {
        Assert.Equal([1, 4, 9, 16, 25, 36], Six.Pow(2).ToArray());
        Assert.Equal([1, 2, 3], Six.Pow(2).Sqrt().Narrow(0, 0, 1).ToArray());
        Assert.Equal([2, 2, 3, 4, 4, 4], Six.Clamp(2, 4).ToArray());
        Assert.Equal([1, 0], Tensor.From([-1, 0], [2]).Abs().ToArray());
        Assert.Equal(Six.ToArray(), Six.Log().Exp().ToArray().Select(x => MathF.Round(x, 5)));
        Assert.Equal([-1, -2], (-Six)[..1].ToArray()[..2]);
    }

    [Fact]
    public void Matrices_multiply_and_mistakes_name_both_shapes()
    {
        Assert.Equal([14, 32, 32, 77], Six.MatMul(Six.T()).ToArray());
        Assert.Equal([14, 32, 32, 77], Six.Mm(Six.T()).ToArray());
        Assert.Equal(
            "MatMul: second operand has shape [2, 3], expected [3, N]. The first operand has shape [2, 3].",
            Assert.Throws<ShapeMismatchException>(() => Six.MatMul(Six)).Message);
        Assert.Equal(
            "MatMul: first operand has shape [6], expected [M, K]. Multiply matrices only.",
            Assert.Throws<ShapeMismatchException>(() => Six.View(6).MatMul(Six)).Message);
        // Not a smaller product, of as many elements as an int makes of 65537·65536.
        var column = Tensor.Ones([65537, 1]);
        Assert.Throws<ArgumentException>(() => column.MatMul(column[1..].T()));
    }

    [Fact]
    public void Dimensions_are_summed_kept_and_counted_from_the_end()
    {
        Assert.Equal(21, Six.Sum().Item());
        Assert.Equal([5, 7, 9], Six.Sum(0).ToArray());
        Assert.Equal([2, 1], Six.Sum(-1, keepDim: true).Shape);
        Assert.Equal([2, 5], Six.Mean(1).ToArray());
        Assert.Equal([10, 18], Tensor.Arange(8).View(2, 2, 2).Sum([0, 2]).ToArray());
        Assert.Equal([1, 1], Six.Std(1).ToArray());
        Assert.Equal([1.5f, 1.5f, 1.5f], Six.Std(0, correction: 0).ToArray());
        Assert.Equal(1.8708f, Six.Std().Item(), 1e-4f);
        Assert.StartsWith(
            "Sum: shape [2, 3] has no dimension 2; give -2 to 1.",
            Assert.Throws<ArgumentOutOfRangeException>(() => Six.Sum(2)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_largest_is_found_with_its_first_place()
    {
        var x = Tensor.From([1, 9, 9, 4, 5, 6], [2, 3]);
        var (values, indices) = x.Max(1);
        Assert.Equal([9, 6], values.ToArray());
        Assert.Equal([1, 2], indices.ToArray());
        Assert.Equal([1, 0, 0], x.ArgMax(0, keepDim: true).ToArray());
        Assert.Equal((1, 9), (x.ArgMax(), x.Max().Item()));
        Assert.True(float.IsNaN(Tensor.From([1, float.NaN, 3], [3]).Max().Item()));
    }

    [Fact]
    public void Shapes_change_without_a_copy_where_elements_lie_in_order()
    {
        Assert.Equal([1, 4, 2, 5, 3, 6], Six.T().Reshape(-1).ToArray());
        Assert.Equal([3, 2], Six.Reshape(3, -1).Shape);
        Assert.Equal([1, 2, 3, 0], Six[..1].Resize([4]).ToArray());
        Assert.Equal([1, 2], Six.Resize([2]).ToArray());
        var cube = Tensor.Arange(24).View(2, 3, 4);
        Assert.Equal([4, 3, 2], cube.Transpose(0, -1).Shape);
        Assert.Equal(cube[1, 2, 3], cube.Transpose(0, 2)[3, 2, 1]);
        Assert.Equal([1, 1, 2, 3], Six.Unsqueeze(0).Unsqueeze(0).Shape);
        Assert.Equal(Six.ToArray(), Six.Unsqueeze(1).Squeeze(1).ToArray());
        Assert.Equal([2, 5], Six.Select(1, 1).ToArray());
        Assert.Equal([4, 5, 6], Six[^1..].ToArray());
        Assert.Equal([2, 3, 5, 6], Six.Narrow(1, 1, 2).ToArray());
        Assert.StartsWith(
            "Narrow: 2 from 2 on of dimension 1 of [2, 3]; give a part of 0..2.",
            Assert.Throws<ArgumentOutOfRangeException>(() => Six.Narrow(1, 2, 2)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_part_may_be_empty_wherever_it_begins()
    {
        Assert.Equal([0, 3], Six[2..].Shape);
        Assert.Equal([0], Six.Select(1, 2)[2..].Shape);
        Assert.Equal([2, 0], Six.T().Narrow(0, 3, 0).T().Shape);
        Assert.Equal([0, 1], Tensor.Zeros([0, 3]).Narrow(1, 2, 1).Shape);
        var (_, gradient) = Grad.ValueAndGrad(x => x.Select(1, 2)[2..].Sum() + x.Sum(), Six);
        Assert.Equal([1, 1, 1, 1, 1, 1], gradient.ToArray());
    }

    [Fact]
    public void Tensors_are_put_together()
    {
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8, 9], Tensor.Cat([Six, Tensor.From([7, 8, 9], [1, 3])]).ToArray());
        Assert.Equal([1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6], Tensor.Cat([Six, Six], dim: 1).ToArray());
        Assert.Equal([2, 2, 3], Tensor.Stack([Six, Six]).Shape);
        Assert.Equal([1, 10, 2, 20], Tensor.Stack([Tensor.From([1, 2], [2]), Tensor.From([10, 20], [2])], 1).ToArray());
        Assert.Equal(
            "Cat: a tensor has shape [1, 2], expected [2, 3] in all dimensions but 0. Give tensors that differ in that "
            + "dimension only.",
            Assert.Throws<ShapeMismatchException>(() => Tensor.Cat([Six, Tensor.Zeros([1, 2])])).Message);
    }
}
