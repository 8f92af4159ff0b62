namespace ActorTrain.Kernels;

/// <summary>
/// The plain loops that say what <see cref="ManagedMatMul"/> computes, bit for bit. Slow: it is the truth that tests
/// compare with.
/// </summary>
public sealed class ScalarMatMul : IMatMul
{
    /// <inheritdoc/>
    public string Name => "scalar";

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">Sizes that do not fit together, or memory too short for them.</exception>
    public void Multiply(MatrixView a, MatrixView b, ReadOnlySpan<float> bias, MatrixSpan c, ReadOnlySpan<int> leafRows)
    {
        MatMulArguments.Check("Multiply", a, b, c, (a.Rows, b.Columns, a.Columns, b.Rows), a.Rows, leafRows);
        MatMulArguments.CheckBias(bias.Length, b.Columns);
        for (var m = 0; m < c.Rows; m++)
            for (var n = 0; n < c.Columns; n++)
            {
                var sum = 0f;
                for (var k = 0; k < a.Columns; k++)
                    sum = MathF.FusedMultiplyAdd(a.Data[(m * a.Stride) + k], b.Data[(k * b.Stride) + n], sum);
                c.Data[(m * c.Stride) + n] = bias.IsEmpty ? sum : sum + bias[n];
            }
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">Sizes that do not fit together, or memory too short for them.</exception>
    public void MultiplyTransposed(MatrixView a, MatrixView b, MatrixSpan c, ReadOnlySpan<int> leafRows)
    {
        MatMulArguments.Check("MultiplyTransposed", a, b, c, (a.Rows, b.Rows, a.Columns, b.Columns), a.Rows, leafRows);
        for (var m = 0; m < c.Rows; m++)
            for (var n = 0; n < c.Columns; n++)
            {
                var sum = 0f;
                for (var k = 0; k < a.Columns; k++)
                    sum = MathF.FusedMultiplyAdd(a.Data[(m * a.Stride) + k], b.Data[(n * b.Stride) + k], sum);
                c.Data[(m * c.Stride) + n] = sum;
            }
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">Sizes that do not fit together, or memory too short for them.</exception>
    public void TransposedMultiply(MatrixView a, MatrixView b, MatrixSpan c, ReadOnlySpan<int> leafRows)
    {
        MatMulArguments.Check("TransposedMultiply", a, b, c, (a.Columns, b.Columns, a.Rows, b.Rows), a.Rows, leafRows);
        Span<float> waiting = stackalloc float[PairwiseTree.MaxDepth];
        for (var m = 0; m < c.Rows; m++)
            for (var n = 0; n < c.Columns; n++)
                c.Data[(m * c.Stride) + n] = SumOverLeaves(a, b, m, n, leafRows, waiting);
    }

    private static float SumOverLeaves(MatrixView a, MatrixView b, int m, int n, ReadOnlySpan<int> leafRows,
        Span<float> waiting)
    {
        var depth = 0;
        var k = 0;
        for (var leaf = 0; leaf < leafRows.Length; leaf++)
        {
            var sum = 0f;
            for (var end = k + leafRows[leaf]; k < end; k++)
                sum = MathF.FusedMultiplyAdd(a.Data[(k * a.Stride) + m], b.Data[(k * b.Stride) + n], sum);
            waiting[depth++] = sum;
            for (var joins = PairwiseTree.JoinsAfter(leaf); joins > 0; joins--, depth--)
                waiting[depth - 2] += waiting[depth - 1];
        }
        for (; depth > 1; depth--) waiting[depth - 2] += waiting[depth - 1];
        return depth == 0 ? 0 : waiting[0];
    }
}
