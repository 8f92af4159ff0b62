using System.Runtime.CompilerServices;

namespace ActorTrain.Kernels;

/// <summary>
/// <see cref="VectorOperations"/> at one width. Lengths are checked there; the last elements go one by one.
/// </summary>
internal static unsafe class VectorOperations<TLanes, TVector>
    where TLanes : struct, ILanes<TVector> where TVector : struct
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Relu(ReadOnlySpan<float> x, Span<float> y)
    {
        fixed (float* px = x, py = y)
        {
            var zero = TLanes.Create(0f);
            var i = 0;
            for (; i <= y.Length - TLanes.Count; i += TLanes.Count)
            {
                var v = TLanes.Load(px + i);
                TLanes.Store(TLanes.And(TLanes.LessThan(zero, v), v), py + i);
            }
            for (; i < y.Length; i++) py[i] = 0f < px[i] ? px[i] : 0f;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ReluBackward(ReadOnlySpan<float> y, ReadOnlySpan<float> dy, Span<float> dx)
    {
        fixed (float* py = y, pdy = dy, pdx = dx)
        {
            var zero = TLanes.Create(0f);
            var i = 0;
            for (; i <= dx.Length - TLanes.Count; i += TLanes.Count)
                TLanes.Store(TLanes.And(TLanes.LessThan(zero, TLanes.Load(py + i)), TLanes.Load(pdy + i)), pdx + i);
            for (; i < dx.Length; i++) pdx[i] = 0f < py[i] ? pdy[i] : 0f;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Add(ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<float> sum)
    {
        fixed (float* pa = a, pb = b, to = sum)
        {
            var i = 0;
            for (; i <= sum.Length - TLanes.Count; i += TLanes.Count)
                TLanes.Store(TLanes.Add(TLanes.Load(pa + i), TLanes.Load(pb + i)), to + i);
            for (; i < sum.Length; i++) to[i] = pa[i] + pb[i];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddConstant(ReadOnlySpan<float> x, float constant, bool relu, Span<float> y)
    {
        fixed (float* px = x, py = y)
        {
            var (constants, zero) = (TLanes.Create(constant), TLanes.Create(0f));
            var i = 0;
            for (; i <= y.Length - TLanes.Count; i += TLanes.Count)
            {
                var v = TLanes.Add(TLanes.Load(px + i), constants);
                TLanes.Store(relu ? TLanes.And(TLanes.LessThan(zero, v), v) : v, py + i);
            }
            for (; i < y.Length; i++)
            {
                var v = px[i] + constant;
                py[i] = relu && !(0f < v) ? 0f : v;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Divide(ReadOnlySpan<float> x, float divisor, Span<float> y)
    {
        fixed (float* px = x, py = y)
        {
            var divisors = TLanes.Create(divisor);
            var i = 0;
            for (; i <= y.Length - TLanes.Count; i += TLanes.Count)
                TLanes.Store(TLanes.Divide(TLanes.Load(px + i), divisors), py + i);
            for (; i < y.Length; i++) py[i] = px[i] / divisor;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Clip(ReadOnlySpan<float> x, float scale, float limit, Span<float> y)
    {
        fixed (float* px = x, py = y)
        {
            var i = 0;
            for (; i <= y.Length - TLanes.Count; i += TLanes.Count)
                ClipVector<TLanes, TVector>(px + i, scale, limit, py + i);
            for (; i < y.Length; i++) ClipVector<LanesScalar, float>(px + i, scale, limit, py + i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void ClipVector<TSome, TSomeVector>(float* x, float scale, float limit, float* y)
        where TSome : struct, ILanes<TSomeVector> where TSomeVector : struct
    {
        TSomeVector most = TSome.Create(limit), least = TSome.Create(-limit);
        var scaled = TSome.Multiply(TSome.Load(x), TSome.Create(scale));
        scaled = TSome.Select(TSome.LessThan(most, scaled), most, scaled);
        TSome.Store(TSome.Select(TSome.LessThan(scaled, least), least, scaled), y);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Lerp(ReadOnlySpan<float> a, ReadOnlySpan<float> b, float share, Span<float> y)
    {
        fixed (float* pa = a, pb = b, py = y)
        {
            var shares = TLanes.Create(share);
            var i = 0;
            for (; i <= y.Length - TLanes.Count; i += TLanes.Count)
            {
                var from = TLanes.Load(pa + i);
                TLanes.Store(
                    TLanes.FusedMultiplyAdd(shares, TLanes.Subtract(TLanes.Load(pb + i), from), from), py + i);
            }
            for (; i < y.Length; i++) py[i] = MathF.FusedMultiplyAdd(share, pb[i] - pa[i], pa[i]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void BytesToFloats(ReadOnlySpan<byte> source, float scale, float shift, Span<float> destination)
    {
        fixed (byte* from = source)
        fixed (float* to = destination)
        {
            TVector scales = TLanes.Create(scale), shifts = TLanes.Create(shift);
            var i = 0;
            for (; i <= destination.Length - TLanes.Count; i += TLanes.Count)
                TLanes.Store(TLanes.FusedMultiplyAdd(TLanes.LoadBytes(from + i), scales, shifts), to + i);
            for (; i < destination.Length; i++) to[i] = MathF.FusedMultiplyAdd(from[i], scale, shift);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void SgdMomentum(
        ReadOnlySpan<float> gradientSum, ReadOnlySpan<float> velocity, ReadOnlySpan<float> parameters,
        MomentumStep step,
        Span<float> newVelocity, Span<float> newParameters)
    {
        fixed (float* g = gradientSum, v = velocity, p = parameters, toV = newVelocity, toP = newParameters)
        {
            var i = 0;
            for (; i <= newParameters.Length - TLanes.Count; i += TLanes.Count)
                StepVector<TLanes, TVector>(g + i, v + i, p + i, step, toV + i, toP + i);
            for (; i < newParameters.Length; i++)
                StepVector<LanesScalar, float>(g + i, v + i, p + i, step, toV + i, toP + i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StepVector<TSome, TSomeVector>(
        float* gradientSum, float* velocity, float* parameters, MomentumStep step, float* newVelocity,
        float* newParameters)
        where TSome : struct, ILanes<TSomeVector> where TSomeVector : struct
    {
        var p = TSome.Load(parameters);
        var g = TSome.Multiply(TSome.Load(gradientSum), TSome.Create(step.GradientScale));
        if (step.WeightDecay != 0) g = TSome.FusedMultiplyAdd(TSome.Create(step.WeightDecay), p, g);
        var v = TSome.FusedMultiplyAdd(TSome.Create(step.Decay), TSome.Load(velocity), g);
        TSome.Store(v, newVelocity);
        TSome.Store(TSome.FusedMultiplyAdd(TSome.Create(-step.LearningRate), v, p), newParameters);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Adam(
        ReadOnlySpan<float> gradientSum, ReadOnlySpan<float> mean, ReadOnlySpan<float> square,
        ReadOnlySpan<float> parameters, AdamStep step,
        Span<float> newMean, Span<float> newSquare, Span<float> newParameters)
    {
        fixed (float* g = gradientSum, m = mean, v = square, p = parameters, toM = newMean, toV = newSquare,
            toP = newParameters)
        {
            var i = 0;
            for (; i <= newParameters.Length - TLanes.Count; i += TLanes.Count)
                AdamVector<TLanes, TVector>(g + i, m + i, v + i, p + i, step, toM + i, toV + i, toP + i);
            for (; i < newParameters.Length; i++)
                AdamVector<LanesScalar, float>(g + i, m + i, v + i, p + i, step, toM + i, toV + i, toP + i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AdamVector<TSome, TSomeVector>(
        float* gradientSum, float* mean, float* square, float* parameters, AdamStep step, float* newMean,
        float* newSquare, float* newParameters)
        where TSome : struct, ILanes<TSomeVector> where TSomeVector : struct
    {
        var (p, m) = (TSome.Load(parameters), TSome.Load(mean));
        var g = TSome.Multiply(TSome.Load(gradientSum), TSome.Create(step.GradientScale));
        if (step.WeightDecay != 0) g = TSome.FusedMultiplyAdd(TSome.Create(step.WeightDecay), p, g);
        m = TSome.FusedMultiplyAdd(TSome.Create(step.MeanRate), TSome.Subtract(g, m), m);
        var v = TSome.Multiply(TSome.Create(step.SquareDecay), TSome.Load(square));
        v = TSome.FusedMultiplyAdd(TSome.Create(step.SquareRate), TSome.Multiply(g, g), v);
        var divisor = TSome.FusedMultiplyAdd(
            TSome.Sqrt(v), TSome.Create(step.RootScale), TSome.Create(step.Epsilon));
        if (step.ParameterScale != 1) p = TSome.Multiply(TSome.Create(step.ParameterScale), p);
        TSome.Store(m, newMean);
        TSome.Store(v, newSquare);
        TSome.Store(
            TSome.FusedMultiplyAdd(TSome.Create(-step.StepSize), TSome.Divide(m, divisor), p), newParameters);
    }
}
