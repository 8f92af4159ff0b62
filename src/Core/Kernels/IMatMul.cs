namespace ActorTrain.Kernels;

/// <summary>
/// The three matrix products of a training step. Rows of a batch come in leaves of the microbatch tree:
/// <c>leafRows[i]</c> is the number of consecutive rows in leaf i, and the leaf rows add up to the batch's rows.
/// An implementation must give the same bits for a row, or for a leaf's sum, whichever other leaves it is called with.
/// Implementations hold no state that a caller can see, and may be called from many threads at once.
/// </summary>
public interface IMatMul
{
    /// <summary>The name used in recipes and on the command line, for example <c>managed</c>.</summary>
    string Name { get; }

    /// <summary>
    /// Forward: C = A·B + bias, for A <c>[M, K]</c> (M rows of a batch), B <c>[K, N]</c>, C <c>[M, N]</c>.
    /// BLAS: sgemm 'N','N'.
    /// </summary>
    /// <param name="a">[M, K].</param>
    /// <param name="b">[K, N].</param>
    /// <param name="bias">[N], added to every row after the sum over k; or empty.</param>
    /// <param name="c">[M, N], overwritten.</param>
    /// <param name="leafRows">How A's rows divide into leaves.</param>
    void Multiply(MatrixView a, MatrixView b, ReadOnlySpan<float> bias, MatrixSpan c, ReadOnlySpan<int> leafRows);

    /// <summary>
    /// Forward through a layer and a ReLU behind it: C = max(A·B + bias, 0), NaN where the sum is; the bits of
    /// <see cref="Multiply"/> and <see cref="VectorOperations.Relu"/> one after the other.
    /// </summary>
    /// <inheritdoc cref="Multiply"/>
    void MultiplyRelu(MatrixView a, MatrixView b, ReadOnlySpan<float> bias, MatrixSpan c, ReadOnlySpan<int> leafRows)
    {
        Multiply(a, b, bias, c, leafRows);
        for (var r = 0; r < c.Rows; r++)
        {
            var row = c.Data.Slice(r * c.Stride, c.Columns);
            VectorOperations.Relu(row, row);
        }
    }

    /// <summary>
    /// Input gradient: C = A·Bᵀ, for A <c>[M, K]</c> (M rows of a batch), B <c>[N, K]</c>, C <c>[M, N]</c>.
    /// BLAS: sgemm 'N','T'.
    /// </summary>
    /// <param name="a">[M, K].</param>
    /// <param name="b">[N, K].</param>
    /// <param name="c">[M, N], overwritten.</param>
    /// <param name="leafRows">How A's rows divide into leaves.</param>
    void MultiplyTransposed(MatrixView a, MatrixView b, MatrixSpan c, ReadOnlySpan<int> leafRows);

    /// <summary>
    /// Parameter gradient: C = Aᵀ·B, for A <c>[K, M]</c> and B <c>[K, N]</c> (K rows of a batch), C <c>[M, N]</c>.
    /// Each leaf's rows are summed on their own; the leaves' sums are then added pairwise in the order of
    /// <see cref="PairwiseTree"/>. BLAS: sgemm 'T','N'.
    /// </summary>
    /// <param name="a">[K, M].</param>
    /// <param name="b">[K, N].</param>
    /// <param name="c">[M, N], overwritten.</param>
    /// <param name="leafRows">How the K rows divide into leaves.</param>
    void TransposedMultiply(MatrixView a, MatrixView b, MatrixSpan c, ReadOnlySpan<int> leafRows);
}
