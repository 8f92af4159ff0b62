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
            var i = 0;
            for (; i <= y.Length - TLanes.Count; i += TLanes.Count)
            {
                var v = TLanes.Load(px + i);
                TLanes.Store(TLanes.ClearWhereAtMost0(v, v), py + i);
            }
            for (; i < y.Length; i++) py[i] = px[i] <= 0f ? 0f : px[i];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ReluBackward(ReadOnlySpan<float> y, ReadOnlySpan<float> dy, Span<float> dx)
    {
        fixed (float* py = y, pdy = dy, pdx = dx)
        {
            var i = 0;
            for (; i <= dx.Length - TLanes.Count; i += TLanes.Count)
                TLanes.Store(TLanes.ClearWhereAtMost0(TLanes.Load(py + i), TLanes.Load(pdy + i)), pdx + i);
            for (; i < dx.Length; i++) pdx[i] = py[i] <= 0f ? 0f : pdy[i];
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
            var constants = TLanes.Create(constant);
            var i = 0;
            for (; i <= y.Length - TLanes.Count; i += TLanes.Count)
            {
                var v = TLanes.Add(TLanes.Load(px + i), constants);
                TLanes.Store(relu ? TLanes.ClearWhereAtMost0(v, v) : v, py + i);
            }
            for (; i < y.Length; i++)
            {
                var v = px[i] + constant;
                py[i] = relu && v <= 0f ? 0f : v;
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
    public static void ReluBackward(MatrixView y, MatrixSpan dx)
    {
        for (var r = 0; r < dx.Rows; r++)
        {
            var row = dx.Data.Slice(r * dx.Stride, dx.Columns);
            ReluBackward(y.Data.Slice(r * y.Stride, y.Columns), row, row);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void SumRows(ReadOnlySpan<float> rows, int stride, int count, Span<float> sum)
    {
        fixed (float* from = rows, to = sum)
        {
            var i = 0;
            for (; i <= sum.Length - (4 * TLanes.Count); i += 4 * TLanes.Count)
            {
                TVector zero = TLanes.Create(0f), s0 = zero, s1 = zero, s2 = zero, s3 = zero;
                var row = from + i;
                for (var r = 0; r < count; r++, row += stride)
                {
                    s0 = TLanes.Add(s0, TLanes.Load(row));
                    s1 = TLanes.Add(s1, TLanes.Load(row + TLanes.Count));
                    s2 = TLanes.Add(s2, TLanes.Load(row + (2 * TLanes.Count)));
                    s3 = TLanes.Add(s3, TLanes.Load(row + (3 * TLanes.Count)));
                }
                TLanes.Store(s0, to + i);
                TLanes.Store(s1, to + i + TLanes.Count);
                TLanes.Store(s2, to + i + (2 * TLanes.Count));
                TLanes.Store(s3, to + i + (3 * TLanes.Count));
            }
            for (; i <= sum.Length - TLanes.Count; i += TLanes.Count)
            {
                var s = TLanes.Create(0f);
                for (var r = 0; r < count; r++) s = TLanes.Add(s, TLanes.Load(from + i + ((nint)r * stride)));
                TLanes.Store(s, to + i);
            }
            sum[i..].Clear();
            for (var r = 0; r < count; r++)
                for (var c = i; c < sum.Length; c++) to[c] += from[c + ((nint)r * stride)];
        }
    }
}
