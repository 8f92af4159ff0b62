using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.LinearAlgebra.Single;

namespace ActorTrain;

/// <summary>
/// Between <see cref="Tensor"/>, row-major and immutable, and MathNet.Numerics' matrices and vectors of float32,
/// column-major and writable. Every conversion copies once: memory that MathNet may
/// write is never shared with a tensor.
/// </summary>
public static class MathNetConversions
{
    /// <summary>A dense matrix with the elements of a tensor <c>[M, N]</c>, M rows and N columns.</summary>
    /// <exception cref="ShapeMismatchException">Not two dimensions.</exception>
    public static Matrix<float> ToMatrix(this Tensor tensor)
    {
        if (tensor.Shape.Rank != 2)
            throw new ShapeMismatchException("ToMatrix", "tensor", tensor.Shape, "[M, N]",
                "Use View to give it two dimensions.");
        int rows = tensor.Shape[0], columns = tensor.Shape[1];
        // Column-major order is the transpose's row-major order, in which a transposed view already lies.
        var transpose = tensor.T();
        var values = transpose.IsContiguous ? transpose.Span.ToArray() : ColumnMajor(tensor.Contiguous().Span, rows,
            columns);
        return new DenseMatrix(rows, columns, values);
    }

    /// <summary>A dense vector with the elements of a tensor <c>[N]</c>.</summary>
    /// <exception cref="ShapeMismatchException">Not one dimension.</exception>
    public static Vector<float> ToVector(this Tensor tensor) => tensor.Shape.Rank == 1
        ? new DenseVector(tensor.ToArray())
        : throw new ShapeMismatchException("ToVector", "tensor", tensor.Shape, "[N]",
            "Use View(-1) to give it one dimension.");

    /// <summary>A tensor <c>[M, N]</c> with the elements of a matrix of M rows and N columns, however it stores
    /// them.</summary>
    public static Tensor ToTensor(this Matrix<float> matrix) =>
        Tensor.Own(matrix.ToRowMajorArray(), [matrix.RowCount, matrix.ColumnCount]);

    /// <summary>A tensor <c>[N]</c> with the elements of a vector of N, however it stores them.</summary>
    public static Tensor ToTensor(this Vector<float> vector) => Tensor.Own(vector.ToArray(), [vector.Count]);

    private static float[] ColumnMajor(ReadOnlySpan<float> rowMajor, int rows, int columns)
    {
        var result = new float[rowMajor.Length];
        for (var row = 0; row < rows; row++)
            for (var column = 0; column < columns; column++)
                result[(column * rows) + row] = rowMajor[(row * columns) + column];
        return result;
    }
}
