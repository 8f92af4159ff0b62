using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ActorTrain.Kernels;

/// <summary>What an optimiser does with one element, written once for all widths.</summary>
internal interface IElementRule
{
    /// <summary>Moments that it keeps: 1 or 2.</summary>
    static abstract int MomentCount { get; }

    /// <summary>The new parameter; the moments are replaced.</summary>
    /// <param name="g">The mean gradient, with weight decay where it joins the gradient.</param>
    /// <param name="parameter">Before.</param>
    /// <param name="moment1">Before; after.</param>
    /// <param name="moment2">The same; without meaning where there is none.</param>
    TVector Apply<TLanes, TVector>(TVector g, TVector parameter, ref TVector moment1, ref TVector moment2)
        where TLanes : struct, ILanes<TVector> where TVector : struct;
}

/// <summary>Carries out an <see cref="IElementRule"/> on a block of elements, the same bits at every width.</summary>
/// <remarks>
/// A processor takes a hundred times as long for a number below 2⁻¹²⁶ (subnormal), and moments of what has no gradient
/// decay to such. So a moment below 2⁻¹²² becomes 0, and so does a mean gradient below 2⁻⁵⁶, whose square, times 1−β₂,
/// would be one: they change no parameter that is not as small.
/// </remarks>
internal static unsafe class ElementRule
{
    private const float LeastGradient = 1f / (1L << 56);
    private const float LeastMoment = 1f / (1L << 61) / (1L << 61);

    /// <summary>Does the update.</summary>
    /// <param name="rule">What happens to an element.</param>
    /// <param name="update">The block.</param>
    /// <param name="weightDecay">λ of λ·θ, which joins the gradient; 0: nothing does.</param>
    /// <exception cref="ArgumentException">The lengths do not fit together.</exception>
    public static void Apply<TRule>(TRule rule, in OptimizerUpdate update, float weightDecay)
        where TRule : struct, IElementRule
    {
        var count = update.NewParameters.Length;
        var hasSecond = TRule.MomentCount > 1;
        if (update.GradientSum.Length != update.Rows * update.Columns
            || count != ((update.Rows - 1) * update.Stride) + update.Columns || update.Parameters.Length != count
            || update.Moment1.Length != count || update.NewMoment1.Length != count
            || (hasSecond && (update.Moment2.Length != count || update.NewMoment2.Length != count)))
            throw new ArgumentException("OptimizerUpdate: spans of different lengths; give as many elements in each.");
        if (Vector512.IsHardwareAccelerated) Apply<TRule, Lanes512, Vector512<float>>(rule, update, weightDecay);
        else if (Vector256.IsHardwareAccelerated) Apply<TRule, Lanes256, Vector256<float>>(rule, update, weightDecay);
        else if (Vector128.IsHardwareAccelerated) Apply<TRule, Lanes128, Vector128<float>>(rule, update, weightDecay);
        else Apply<TRule, LanesScalar, float>(rule, update, weightDecay);
    }

    /// <summary>The same at one width; the last elements of a row go one by one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Apply<TRule, TLanes, TVector>(TRule rule, in OptimizerUpdate update, float weightDecay)
        where TRule : struct, IElementRule where TLanes : struct, ILanes<TVector> where TVector : struct
    {
        var (scale, rows, columns, stride) = (update.GradientScale, update.Rows, update.Columns, (nint)update.Stride);
        fixed (float* g0 = update.GradientSum, p = update.Parameters, m1 = update.Moment1, m2 = update.Moment2,
            toP = update.NewParameters, toM1 = update.NewMoment1, toM2 = update.NewMoment2)
        {
            var g = g0;
            for (nint first = 0; rows > 0; rows--, first += stride, g += columns)
            {
                nint i = first, end = first + columns;
                for (; i <= end - TLanes.Count; i += TLanes.Count)
                    Step<TRule, TLanes, TVector>(
                        rule, scale, weightDecay, g + (i - first), p + i, m1 + i, m2 + i, toP + i, toM1 + i, toM2 + i);
                for (; i < end; i++)
                    Step<TRule, LanesScalar, float>(
                        rule, scale, weightDecay, g + (i - first), p + i, m1 + i, m2 + i, toP + i, toM1 + i, toM2 + i);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step<TRule, TSome, TSomeVector>(
        TRule rule, float scale, float weightDecay, float* gradientSum, float* parameters, float* moment1,
        float* moment2, float* newParameters, float* newMoment1, float* newMoment2)
        where TRule : struct, IElementRule where TSome : struct, ILanes<TSomeVector> where TSomeVector : struct
    {
        var (p, m1) = (TSome.Load(parameters), TSome.Load(moment1));
        var m2 = TRule.MomentCount > 1 ? TSome.Load(moment2) : default;
        var g = Flush<TSome, TSomeVector>(
            TSome.Multiply(TSome.Load(gradientSum), TSome.Create(scale)), LeastGradient);
        if (weightDecay != 0) g = TSome.FusedMultiplyAdd(TSome.Create(weightDecay), p, g);
        TSome.Store(rule.Apply<TSome, TSomeVector>(g, p, ref m1, ref m2), newParameters);
        TSome.Store(Flush<TSome, TSomeVector>(m1, LeastMoment), newMoment1);
        if (TRule.MomentCount > 1) TSome.Store(Flush<TSome, TSomeVector>(m2, LeastMoment), newMoment2);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TSomeVector Flush<TSome, TSomeVector>(TSomeVector x, float least)
        where TSome : struct, ILanes<TSomeVector> where TSomeVector : struct
    {
        const int allButSign = 0x7fff_ffff;
        var isTiny = TSome.LessThan(TSome.And(x, TSome.CreateBits(allButSign)), TSome.Create(least));
        return TSome.Select(isTiny, TSome.Create(0), x);
    }
}
