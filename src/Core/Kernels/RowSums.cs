using System.Runtime.CompilerServices;

namespace ActorTrain.Kernels;

/// <summary>Sums over the rows of a batch: the gradient of a bias.</summary>
internal static class RowSums
{
    /// <summary>
    /// The column sums of <paramref name="rows"/>: each leaf's rows in ascending order, the leaves in the order of
    /// <see cref="PairwiseTree"/>.
    /// </summary>
    /// <param name="rows">[M, N].</param>
    /// <param name="sums">[N], overwritten.</param>
    /// <param name="leafRows">How the M rows divide into leaves.</param>
    [SkipLocalsInit]
    public static void Tree(MatrixView rows, Span<float> sums, ReadOnlySpan<int> leafRows)
    {
        const int block = 64;
        Span<float> waiting = stackalloc float[PairwiseTree.MaxDepth * block];
        for (var column = 0; column < rows.Columns; column += block)
        {
            var width = Math.Min(block, rows.Columns - column);
            var depth = 0;
            var row = 0;
            for (var leaf = 0; leaf < leafRows.Length; leaf++)
            {
                var sum = waiting.Slice(depth++ * block, width);
                if (leafRows[leaf] == 0) sum.Clear();
                else
                    VectorOperations.SumRows(
                        rows.Data[((row * rows.Stride) + column)..], rows.Stride, leafRows[leaf], sum);
                row += leafRows[leaf];
                for (var joins = PairwiseTree.JoinsAfter(leaf); joins > 0; joins--) Join(waiting, --depth, width);
            }
            while (depth > 1) Join(waiting, --depth, width);
            if (depth == 1) waiting[..width].CopyTo(sums[column..]);
            else sums.Slice(column, width).Clear();
        }

        static void Join(Span<float> waiting, int upper, int width)
        {
            var left = waiting.Slice((upper - 1) * block, width);
            VectorOperations.Add(left, waiting.Slice(upper * block, width), left);
        }
    }
}
