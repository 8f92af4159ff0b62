using System.Numerics;

namespace ActorTrain.Kernels;

/// <summary>
/// The one order in which sums over microbatches are added: the binary tree whose node of size 2ˡ covers 2ˡ consecutive
/// leaves, aligned; where the right part is missing, the left one stands alone. Adding leaf after leaf works like a
/// binary counter: after leaf i, as many pairs of partial sums are joined as i has trailing ones.
/// Five leaves: ((0+1)+(2+3))+4.
/// </summary>
public static class PairwiseTree
{
    /// <summary>The most partial sums that wait at once while leaves come in order.</summary>
    public const int MaxDepth = 32;

    /// <summary>
    /// How many joins follow leaf <paramref name="leaf"/> (0-based): its number of trailing one bits.
    /// </summary>
    public static int JoinsAfter(int leaf) => BitOperations.TrailingZeroCount(~leaf);

    /// <summary>
    /// How many partial sums wait before leaf <paramref name="leaf"/> (0-based): its number of one bits.
    /// </summary>
    public static int WaitingBefore(int leaf) => BitOperations.PopCount((uint)leaf);

    /// <summary>The most partial sums that wait at once while <paramref name="leaves"/> leaves come in order.</summary>
    public static int MaxWaiting(int leaves) => BitOperations.Log2((uint)leaves | 1) + 1;

    /// <summary>The tree's sum of <paramref name="leaves"/>, with 0 for none.</summary>
    public static double Sum(ReadOnlySpan<double> leaves)
    {
        Span<double> waiting = stackalloc double[MaxDepth];
        var depth = 0;
        for (var i = 0; i < leaves.Length; i++)
        {
            waiting[depth++] = leaves[i];
            for (var joins = JoinsAfter(i); joins > 0; joins--, depth--) waiting[depth - 2] += waiting[depth - 1];
        }
        for (; depth > 1; depth--) waiting[depth - 2] += waiting[depth - 1];
        return depth == 0 ? 0 : waiting[0];
    }
}
