using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ActorTrain.Kernels;

/// <summary>
/// One channel of some examples: <paramref name="Rows"/> planes of <paramref name="Places"/> floats. Sums over it are
/// 16 chains in double precision, of places i mod 16 (the last places of a plane: of i mod 4, then one by one), added in
/// one order: the same bits on every processor.
/// </summary>
/// <param name="First">The first plane's first element.</param>
/// <param name="Rows">How many planes.</param>
/// <param name="Places">Floats of a plane.</param>
/// <param name="Stride">Floats from one plane to the next.</param>
internal readonly unsafe record struct ChannelPlanes(int First, int Rows, int Places, int Stride)
{
    /// <summary>How many floats.</summary>
    public int Count => Rows * Places;

    /// <summary>Σ x.</summary>
    public double Sum(ReadOnlySpan<float> x) => Reduce(new Value(), x, x);

    /// <summary>Σ (x − mean)².</summary>
    public double Squares(ReadOnlySpan<float> x, double mean) => Reduce(new Square(Vector256.Create(mean)), x, x);

    /// <summary>Σ dy·((x − mean)·scale).</summary>
    public double Products(ReadOnlySpan<float> x, ReadOnlySpan<float> dy, float mean, float scale) =>
        Reduce(new Product(Vector128.Create(mean), Vector128.Create(scale)), x, dy);

    /// <summary>y = (x − mean)·scale·weight + bias.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Normalize(
        ReadOnlySpan<float> x, float mean, float scale, float weight, float bias, Span<float> y)
    {
        Check(x.Length);
        Check(y.Length);
        var (means, scales) = (Vector256.Create(mean), Vector256.Create(scale));
        var (weights, biases) = (Vector256.Create(weight), Vector256.Create(bias));
        fixed (float* from = x, to = y)
            for (var row = 0; row < Rows; row++)
            {
                var at = First + ((nint)row * Stride);
                var end = at + Places;
                for (; at <= end - Vector256<float>.Count; at += Vector256<float>.Count)
                    (((Vector256.Load(from + at) - means) * scales * weights) + biases).Store(to + at);
                for (; at < end; at++) to[at] = ((from[at] - mean) * scale * weight) + bias;
            }
    }

    /// <summary>dx = (dy − meanG − (x − mean)·scale·meanProduct)·scale·weight.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void NormalizeBackward(
        ReadOnlySpan<float> x, ReadOnlySpan<float> dy, (float Mean, float Scale, float Weight) forward, float meanG,
        float meanProduct, Span<float> dx)
    {
        Check(x.Length);
        Check(dy.Length);
        Check(dx.Length);
        var (mean, scale, weight) = forward;
        var (means, scales, weights) = (Vector256.Create(mean), Vector256.Create(scale), Vector256.Create(weight));
        var (gs, products) = (Vector256.Create(meanG), Vector256.Create(meanProduct));
        fixed (float* from = x, slope = dy, to = dx)
            for (var row = 0; row < Rows; row++)
            {
                var at = First + ((nint)row * Stride);
                var end = at + Places;
                for (; at <= end - Vector256<float>.Count; at += Vector256<float>.Count)
                {
                    var normalized = (Vector256.Load(from + at) - means) * scales;
                    ((Vector256.Load(slope + at) - gs - (normalized * products)) * scales * weights).Store(to + at);
                }
                for (; at < end; at++)
                    to[at] = (slope[at] - meanG - ((from[at] - mean) * scale * meanProduct)) * scale * weight;
            }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private double Reduce<TTerm>(TTerm term, ReadOnlySpan<float> x, ReadOnlySpan<float> y)
        where TTerm : struct, ITerm
    {
        Check(x.Length);
        Check(y.Length);
        Vector256<double> sum0 = default, sum1 = default, sum2 = default, sum3 = default;
        var last = 0.0;
        fixed (float* px = x, py = y)
            for (var row = 0; row < Rows; row++)
            {
                var at = First + ((nint)row * Stride);
                var end = at + Places;
                for (; at <= end - 16; at += 16)
                {
                    sum0 += term.Of(Vector128.Load(px + at), Vector128.Load(py + at));
                    sum1 += term.Of(Vector128.Load(px + at + 4), Vector128.Load(py + at + 4));
                    sum2 += term.Of(Vector128.Load(px + at + 8), Vector128.Load(py + at + 8));
                    sum3 += term.Of(Vector128.Load(px + at + 12), Vector128.Load(py + at + 12));
                }
                for (; at <= end - 4; at += 4) sum0 += term.Of(Vector128.Load(px + at), Vector128.Load(py + at));
                for (; at < end; at++)
                    last += term.Of(Vector128.CreateScalar(px[at]), Vector128.CreateScalar(py[at])).GetElement(0);
            }
        var sum = sum0 + sum1 + (sum2 + sum3);
        return sum.GetElement(0) + sum.GetElement(1) + (sum.GetElement(2) + sum.GetElement(3)) + last;
    }

    private void Check(int length)
    {
        if (First < 0 || Places < 0 || (Rows > 0 && length < First + ((Rows - 1L) * Stride) + Places))
            throw new ArgumentException($"{this} reaches beyond {length} elements.");
    }

    private interface ITerm
    {
        Vector256<double> Of(Vector128<float> x, Vector128<float> y);
    }

    private readonly struct Value : ITerm
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector256<double> Of(Vector128<float> x, Vector128<float> y) => Widen(x);
    }

    private readonly struct Square(Vector256<double> mean) : ITerm
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector256<double> Of(Vector128<float> x, Vector128<float> y)
        {
            var distance = Widen(x) - mean;
            return distance * distance;
        }
    }

    private readonly struct Product(Vector128<float> mean, Vector128<float> scale) : ITerm
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector256<double> Of(Vector128<float> x, Vector128<float> y) => Widen(y) * Widen((x - mean) * scale);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> Widen(Vector128<float> x) => Vector256.WidenLower(x.ToVector256Unsafe());
}
