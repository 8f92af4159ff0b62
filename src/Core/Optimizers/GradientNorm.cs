using System.Runtime.Intrinsics;
using ActorTrain.Kernels;

namespace ActorTrain;

/// <summary>
/// The length of a summed gradient, with one order of additions whatever the vector width: squares of floats are exact
/// in double; eight sums side by side over a run of <see cref="ParameterUpdate.RunLength"/>, added in pairs, and the
/// runs' sums in the order of <see cref="PairwiseTree"/>.
/// </summary>
internal static class GradientNorm
{
    /// <summary>√Σ x² of the sum of all nodes.</summary>
    /// <param name="treeSum">How the nodes' sums add up.</param>
    /// <param name="sums">Each node's gradient sum.</param>
    /// <param name="untrained">What does not count, in order.</param>
    /// <param name="scratch">Of the length that the tree's sum of a run needs.</param>
    public static double Of(
        TreeSum treeSum, ReadOnlySpan<ReadOnlyMemory<float>> sums, ReadOnlySpan<UntrainedRange> untrained,
        Span<float> scratch)
    {
        const int runLength = ParameterUpdate.RunLength;
        var count = sums[0].Length;
        var squares = new double[(count + runLength - 1) / runLength];
        for (var run = 0; run < squares.Length; run++)
        {
            var start = run * runLength;
            var sum = treeSum.Of(sums, start, Math.Min(runLength, count - start), scratch);
            var from = 0;
            foreach (var range in untrained)
            {
                var (offset, length) = range.In(start, sum.Length);
                if (length == 0) continue;
                squares[run] += SumOfSquares(sum[from..offset]);
                from = offset + length;
            }
            squares[run] += SumOfSquares(sum[from..]);
        }
        return Math.Sqrt(PairwiseTree.Sum(squares));
    }

    private static double SumOfSquares(ReadOnlySpan<float> x)
    {
        var sums = Vector512<double>.Zero;
        for (; x.Length >= Vector512<double>.Count; x = x[Vector512<double>.Count..])
        {
            var (low, high) = Vector256.Widen(Vector256.Create(x));
            var values = Vector512.Create(low, high);
            sums += values * values;
        }
        Span<double> lanes = stackalloc double[Vector512<double>.Count];
        sums.CopyTo(lanes);
        for (var i = 0; i < x.Length; i++) lanes[i] += (double)x[i] * x[i];
        return PairwiseTree.Sum(lanes);
    }
}
