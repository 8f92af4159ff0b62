using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ActorTrain.Kernels;

/// <summary>
/// What the processor can do at most: float32 fused multiply-adds on its widest vectors, without touching memory. Every
/// kernel is measured as a fraction of it.
/// </summary>
public static class FmaPeak
{
    // Fourteen chains hide a latency of up to 7 on two ports, and leave two of 16 registers for the operands.
    private const int Chains = 14;
    private const int StepsPerRun = 40_000;

    /// <summary>
    /// The float32 peak of the core that runs the calling thread, in GFLOP/s (a fused multiply-add counts as two
    /// operations): the best of several runs of about half a millisecond each.
    /// </summary>
    /// <param name="time">The clock; its timestamps must be finer than 0.1 ms, as the system's are.</param>
    /// <param name="runs">
    /// How many runs. For the peak of all cores, call this from one thread a core at once, with the same number (some
    /// hundreds), and add up the answers.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="runs"/> is not positive.</exception>
    public static double MeasureOneCore(TimeProvider time, int runs = 40)
    {
        ArgumentNullException.ThrowIfNull(time);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(runs);
        if (Vector512.IsHardwareAccelerated) return Best<Lanes512, Vector512<float>>(time, runs);
        if (Vector256.IsHardwareAccelerated) return Best<Lanes256, Vector256<float>>(time, runs);
        if (Vector128.IsHardwareAccelerated) return Best<Lanes128, Vector128<float>>(time, runs);
        return Best<LanesScalar, float>(time, runs);
    }

    private static double Best<TLanes, TVector>(TimeProvider time, int runs)
        where TLanes : struct, ILanes<TVector> where TVector : struct
    {
        var best = TimeSpan.MaxValue;
        for (var run = 0; run < runs; run++)
        {
            var start = time.GetTimestamp();
            Run<TLanes, TVector>(StepsPerRun);
            var elapsed = time.GetElapsedTime(start);
            if (elapsed > TimeSpan.Zero && elapsed < best) best = elapsed;
        }
        return 2.0 * Chains * TLanes.Count * StepsPerRun / best.TotalSeconds / 1e9;
    }

    // The factor keeps every chain within (0, 2], so no denormal slows it down; the result is read so that it stays.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static unsafe float Run<TLanes, TVector>(int steps)
        where TLanes : struct, ILanes<TVector> where TVector : struct
    {
        TVector x = TLanes.Create(0.5f), y = TLanes.Create(1f);
        TVector c0 = y, c1 = y, c2 = y, c3 = y, c4 = y, c5 = y, c6 = y, c7 = y, c8 = y, c9 = y, c10 = y;
        TVector c11 = y, c12 = y, c13 = y;
        for (var i = 0; i < steps; i++)
        {
            c0 = TLanes.FusedMultiplyAdd(c0, x, y);
            c1 = TLanes.FusedMultiplyAdd(c1, x, y);
            c2 = TLanes.FusedMultiplyAdd(c2, x, y);
            c3 = TLanes.FusedMultiplyAdd(c3, x, y);
            c4 = TLanes.FusedMultiplyAdd(c4, x, y);
            c5 = TLanes.FusedMultiplyAdd(c5, x, y);
            c6 = TLanes.FusedMultiplyAdd(c6, x, y);
            c7 = TLanes.FusedMultiplyAdd(c7, x, y);
            c8 = TLanes.FusedMultiplyAdd(c8, x, y);
            c9 = TLanes.FusedMultiplyAdd(c9, x, y);
            c10 = TLanes.FusedMultiplyAdd(c10, x, y);
            c11 = TLanes.FusedMultiplyAdd(c11, x, y);
            c12 = TLanes.FusedMultiplyAdd(c12, x, y);
            c13 = TLanes.FusedMultiplyAdd(c13, x, y);
        }
        var low = TLanes.Add(TLanes.Add(TLanes.Add(c0, c1), TLanes.Add(c2, c3)), TLanes.Add(TLanes.Add(c4, c5), c6));
        var high = TLanes.Add(TLanes.Add(TLanes.Add(c7, c8), TLanes.Add(c9, c10)),
            TLanes.Add(TLanes.Add(c11, c12), c13));
        var result = stackalloc float[TLanes.Count];
        TLanes.Store(TLanes.Add(low, high), result);
        return *result;
    }
}
