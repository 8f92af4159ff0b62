using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.LinearAlgebra.Single;

namespace ActorTrain.Core.Tests.Interop;

public class MathNetConversionsTests
{
    private static Tensor Counting(params int[] sizes)
    {
        var shape = Shape.Create(sizes);
        return Tensor.Own(Enumerable.Range(0, shape.Count).Select(i => (float)i).ToArray(), shape);
    }

    [Property]
    public void A_matrix_goes_there_and_back_with_every_element_in_its_place(PositiveInt rows, PositiveInt columns,
        bool transposed)
    {
        var tensor = transposed ? Counting(columns.Get, rows.Get).T() : Counting(rows.Get, columns.Get);
        var matrix = tensor.ToMatrix();
        Assert.Equal((rows.Get, columns.Get), (matrix.RowCount, matrix.ColumnCount));
        for (var row = 0; row < rows.Get; row++)
            for (var column = 0; column < columns.Get; column++)
                Assert.Equal(tensor[row, column], matrix[row, column]);
        var back = matrix.ToTensor();
        Assert.Equal(tensor.Shape, back.Shape);
        Assert.Equal<float>(tensor.ToArray(), back.ToArray());
    }

    [Property]
    public void A_vector_goes_there_and_back(NonEmptyArray<float> values)
    {
        var tensor = Tensor.From(values.Get, [values.Get.Length]);
        Assert.Equal<float>(values.Get, tensor.ToVector().ToTensor().ToArray());
    }

    [Fact]
    public void Some_rows_of_a_tensor_become_a_matrix() =>
        Assert.Equal<float>([3, 4, 5, 6, 7, 8], Counting(4, 3).Rows(1, 2).ToMatrix().ToRowMajorArray());

    [Fact]
    public void Some_rows_of_a_transposed_view_become_a_matrix() =>
        Assert.Equal<float>([1, 4, 7, 2, 5, 8], Counting(3, 3).T().Rows(1, 2).ToMatrix().ToRowMajorArray());

    [Fact]
    public void Matrices_and_vectors_that_are_not_dense_convert_too()
    {
        Assert.Equal<float>([1, 0, 0, 2], DiagonalMatrix.OfDiagonal(2, 2, [1, 2]).ToTensor().ToArray());
        Assert.Equal<float>([0, 5, 0], SparseVector.OfIndexedEnumerable(3, [(1, 5f)]).ToTensor().ToArray());
    }

    [Fact]
    public void Writing_to_MathNets_side_never_changes_a_tensor()
    {
        Tensor tensor = Counting(2, 2), line = Counting(2);
        var matrix = tensor.ToMatrix();
        var column = tensor.T().ToMatrix();
        var vector = line.ToVector();
        Tensor fromMatrix = matrix.ToTensor(), fromVector = vector.ToTensor();
        matrix.Clear();
        column.Clear();
        vector.Clear();
        Assert.Equal<float>([0, 1, 2, 3], tensor.ToArray());
        Assert.Equal<float>([0, 1, 2, 3], fromMatrix.ToArray());
        Assert.Equal<float>([0, 1], line.ToArray());
        Assert.Equal<float>([0, 1], fromVector.ToArray());
    }

    [Fact]
    public void A_tensor_of_another_rank_is_refused()
    {
        Assert.Equal(
            "ToMatrix: tensor has shape [2, 3, 4], expected [M, N]. Use View to give it two dimensions.",
            Assert.Throws<ShapeMismatchException>(() => Counting(2, 3, 4).ToMatrix()).Message);
        Assert.Equal(
            "ToVector: tensor has shape [2, 3], expected [N]. Use View(-1) to give it one dimension.",
            Assert.Throws<ShapeMismatchException>(() => Counting(2, 3).ToVector()).Message);
    }

    [Fact]
    public void A_product_of_tensors_by_way_of_MathNet_is_the_product()
    {
        Matrix<float> a = Counting(2, 3).ToMatrix(), b = Counting(3, 2).ToMatrix();
        Assert.Equal<float>([10, 13, 28, 40], (a * b).ToTensor().ToArray());
    }
}
