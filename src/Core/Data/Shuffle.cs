using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace ActorTrain;

/// <summary>In which order an epoch shows the examples: a pure function of (count, seed, epoch).</summary>
public static class Shuffle
{
    /// <summary>A uniformly random permutation of 0 … <paramref name="count"/>−1.</summary>
    /// <param name="count">How many examples.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="epoch">0-based; each epoch has an order of its own.</param>
    /// <returns>Every index exactly once.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A negative count or epoch.</exception>
    /// <remarks>
    /// Fisher–Yates (Durstenfeld 1964) from the top: for i = count−1 … 1, swap i with ⌊u·(i+1) / 2⁶⁴⌋, where u is half
    /// i mod 2 (64 bits, low word first) of Philox block ⌊i/2⌋ of stream <paramref name="epoch"/>. The bias is below
    /// i/2⁶⁴.
    /// </remarks>
    public static ImmutableArray<int> Order(int count, ulong seed, int epoch)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfNegative(epoch);
        var order = Indices(count);
        for (var i = count - 1; i > 0; i--)
        {
            var (x0, x1, x2, x3) = Philox.Block(seed, RandomPurpose.Shuffle, (uint)epoch, (ulong)(i / 2));
            var u = i % 2 == 0 ? ((ulong)x1 << 32) | x0 : ((ulong)x3 << 32) | x2;
            var j = (int)Math.BigMul(u, (ulong)i + 1, out _);
            (order[i], order[j]) = (order[j], order[i]);
        }
        return ImmutableCollectionsMarshal.AsImmutableArray(order);
    }

    /// <summary>0 … <paramref name="count"/>−1 in order, as evaluation reads examples.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A negative count.</exception>
    public static ImmutableArray<int> Sequential(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        return ImmutableCollectionsMarshal.AsImmutableArray(Indices(count));
    }

    private static int[] Indices(int count)
    {
        var indices = new int[count];
        for (var i = 0; i < count; i++) indices[i] = i;
        return indices;
    }
}
