using System.Runtime.CompilerServices;

namespace ActorTrain.Core.Tests.Tensors;

public class TensorTests
{
    private static readonly Tensor Six = Tensor.From([1, 2, 3, 4, 5, 6], [2, 3]);

    [Fact]
    public void Elements_lie_row_after_row()
    {
        Assert.Equal((1f, 6f, 4f), (Six[0, 0], Six[1, 2], Six[1, 0]));
        Assert.True(Six.IsContiguous);
        Assert.Same(Six, Six.Contiguous());
        Assert.Equal([0, 0], Tensor.Zeros([2]).ToArray());
    }

    [Fact]
    public void A_copy_is_made_unless_the_memory_is_given_away()
    {
        float[] values = [1, 2];
        var (copy, own) = (Tensor.From(values, [2]), Tensor.Own(values, [2]));
        values[0] = 9;
        Assert.Equal((1f, 9f), (copy[0], own[0]));
    }

    [Fact]
    public void A_transpose_shares_memory()
    {
        var t = Six.T();
        Assert.Equal([3, 2], t.Shape);
        Assert.Equal((4f, 3f), (t[0, 1], t[2, 0]));
        Assert.False(t.IsContiguous);
        Assert.Equal([1, 4, 2, 5, 3, 6], t.Contiguous().Span.ToArray());
        Assert.True(AreSame(Six, t.T()));
    }

    [Fact]
    public void One_row_or_column_lies_in_order_also_transposed()
    {
        var column = Tensor.From([1, 2, 3], [1, 3]).T();
        Assert.True(column.IsContiguous);
        Assert.Equal([1, 2, 3], column.Span);
        Assert.Equal((3f, 2f), (column[2, 0], column.View(3)[1]));
    }

    // The product of the steps along their dimensions is no number of anything, and soon beyond an int.
    [Theory, InlineData(1, 3, 224, 224), InlineData(64, 128, 28, 28), InlineData(2, 3, 16, 16, 16)]
    public void Images_of_any_common_size_are_tensors(params int[] sizes)
    {
        var images = Tensor.Zeros(Shape.Create(sizes));
        Assert.Equal(sizes, images.Transpose(0, 1).Transpose(0, 1).Unsqueeze(1).Squeeze(1).Shape.ToArray());
        Assert.True(images.IsContiguous);
    }

    [Fact]
    public void Rows_share_memory()
    {
        Assert.Equal([4, 5, 6], Six.Rows(1, 1).ToArray());
        Assert.Equal([1, 3], Six.Rows(1, 1).Shape);
        Assert.True(AreSame(Six, Six.Rows(0, 2)));
        Assert.Equal([2, 5], Six.T().Rows(1, 1).ToArray());
        Assert.Empty(Six.Rows(2, 0).ToArray());
    }

    [Fact]
    public void A_view_shares_memory_and_minus_one_is_what_is_left()
    {
        Assert.Equal([3, 2], Six.View(3, -1).Shape);
        Assert.Equal([6], Six.View(-1).Shape);
        Assert.Equal(4f, Six.View(3, 2)[1, 1]);
        Assert.True(AreSame(Six, Six.View(-1)));
        Assert.Equal(5f, Tensor.From([5], [1, 1]).View().Item());
    }

    [Fact]
    public void A_view_that_does_not_fit_is_refused()
    {
        Assert.Equal(
            "View: input has shape [2, 3], expected 4 elements or a multiple. [4, -1] does not fit 6 elements.",
            Assert.Throws<ShapeMismatchException>(() => Six.View(4, -1)).Message);
        Assert.Equal(
            "View: input has shape [2, 3], expected 1 elements or a multiple. [-1, -1] does not fit 6 elements.",
            Assert.Throws<ShapeMismatchException>(() => Six.View(-1, -1)).Message);
        Assert.Equal(
            "View: a transposed view of shape [3, 2] is not contiguous; call Contiguous() first.",
            Assert.Throws<InvalidOperationException>(() => Six.T().View(6)).Message);
    }

    [Fact]
    public void Mistakes_are_named_with_their_mend()
    {
        Assert.Equal(
            "Tensor.Span: a transposed view of shape [3, 2] is not contiguous; call Contiguous() first.",
            Assert.Throws<InvalidOperationException>(() => { _ = Six.T().Span; }).Message);
        Assert.Equal(
            "Tensor[...]: got 1 indices for shape [2, 3]; give 2. (Parameter 'index')",
            Assert.Throws<ArgumentException>(() => Six[1]).Message);
        Assert.Equal(
            "Tensor[...]: index 3 in dimension 1 of shape [2, 3]; give 0..2. (Parameter 'index')",
            Assert.Throws<ArgumentException>(() => Six[1, 3]).Message);
        Assert.Equal(
            "Tensor: 2 values do not fill shape [3], which has 3. (Parameter 'memory')",
            Assert.Throws<ArgumentException>(() => Tensor.From([1, 2], [3])).Message);
        Assert.Equal(
            "T: input has shape [6], expected [M, N]. Transpose matrices only.",
            Assert.Throws<ShapeMismatchException>(() => Six.View(6).T()).Message);
        Assert.Equal(
            "Item: input has shape [2, 3], expected [1]. Only a tensor with one element is a number.",
            Assert.Throws<ShapeMismatchException>(() => Six.Item()).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => Six.Rows(1, 2));
        Assert.Throws<ArgumentOutOfRangeException>("start", () => Six.Rows(-1, 1));
        Assert.Throws<ArgumentOutOfRangeException>("count", () => Six.Rows(0, -1));
        Assert.Throws<ArgumentOutOfRangeException>("count", () => Six.Rows(1, int.MaxValue));
        Assert.Throws<ArgumentOutOfRangeException>("start", () => Tensor.From([1], []).Rows(0, 0));
    }

    [Fact]
    public void Prints_like_PyTorch()
    {
        Assert.Equal("tensor([[1., 2., 3.],\n        [4., 5., 6.]])", Six.ToString());
        Assert.Equal("tensor([[1., 4.],\n        [2., 5.],\n        [3., 6.]])", Six.T().ToString());
        Assert.Equal("tensor(-0.1250)", Tensor.From([-0.125f], []).ToString());
        Assert.Equal("tensor([-1.5000, 10.2500])", Tensor.From([-1.5f, 10.25f], [2]).ToString());
        Assert.Equal("tensor([1.0000e-05, 1.0000e+00])", Tensor.From([1e-5f, 1], [2]).ToString());
        Assert.Equal("tensor([nan, inf,  1.])", Tensor.From([float.NaN, float.PositiveInfinity, 1], [3]).ToString());
        Assert.Equal(
            "tensor([   0.,    1.,    2.,  ...,  998.,  999., 1000.])", Tensor.Arange(1001).ToString());
        Assert.Equal(
            "tensor([[[0., 1.],\n         [2., 3.]],\n\n        [[4., 5.],\n         [6., 7.]]])",
            Tensor.Arange(8).View(2, 2, 2).ToString());
        Assert.Equal("tensor([])", Tensor.Zeros([0]).ToString());
    }

    private static bool AreSame(Tensor a, Tensor b) => Unsafe.AreSame(in a.Span[0], in b.Span[0]);
}
