using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ActorTrain.Kernels;

/// <summary>A differentiable function of one float, written once for all widths.</summary>
internal interface IElementwise
{
    /// <summary>The function.</summary>
    TVector Value<TLanes, TVector>(TVector x) where TLanes : struct, ILanes<TVector> where TVector : struct;

    /// <summary>Its derivative at the same x.</summary>
    TVector Slope<TLanes, TVector>(TVector x) where TLanes : struct, ILanes<TVector> where TVector : struct;
}

/// <summary>Carries out an <see cref="IElementwise"/> on spans, with the same bits at every width.</summary>
internal static unsafe class Elementwise
{
    /// <summary>yᵢ = f(xᵢ).</summary>
    public static void Forward<TFunction>(TFunction f, ReadOnlySpan<float> x, Span<float> y)
        where TFunction : struct, IElementwise => Run(f, x, default, y);

    /// <summary>dxᵢ = dyᵢ · f′(xᵢ).</summary>
    public static void Backward<TFunction>(
        TFunction f, ReadOnlySpan<float> x, ReadOnlySpan<float> dy, Span<float> dx)
        where TFunction : struct, IElementwise
    {
        if (x.Length != dy.Length)
            throw new ArgumentException($"x has {x.Length} elements, its gradient {dy.Length}; give as many.");
        Run(f, x, dy, dx);
    }

    private static void Run<TFunction>(
        TFunction f, ReadOnlySpan<float> x, ReadOnlySpan<float> dy, Span<float> result)
        where TFunction : struct, IElementwise
    {
        if (Vector512.IsHardwareAccelerated) Run<TFunction, Lanes512, Vector512<float>>(f, x, dy, result);
        else if (Vector256.IsHardwareAccelerated) Run<TFunction, Lanes256, Vector256<float>>(f, x, dy, result);
        else if (Vector128.IsHardwareAccelerated) Run<TFunction, Lanes128, Vector128<float>>(f, x, dy, result);
        else Run<TFunction, LanesScalar, float>(f, x, dy, result);
    }

    /// <summary>Either of them at one width, without <paramref name="dy"/> the function itself.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Run<TFunction, TLanes, TVector>(
        TFunction f, ReadOnlySpan<float> x, ReadOnlySpan<float> dy, Span<float> result)
        where TFunction : struct, IElementwise where TLanes : struct, ILanes<TVector> where TVector : struct
    {
        if (x.Length != result.Length)
            throw new ArgumentException($"x has {x.Length} elements, the result {result.Length}; give as many.");
        fixed (float* from = x, pdy = dy, to = result)
        {
            var i = 0;
            if (pdy is null)
            {
                for (; i <= x.Length - TLanes.Count; i += TLanes.Count)
                    TLanes.Store(f.Value<TLanes, TVector>(TLanes.Load(from + i)), to + i);
                for (; i < x.Length; i++) to[i] = f.Value<LanesScalar, float>(from[i]);
                return;
            }
            for (; i <= x.Length - TLanes.Count; i += TLanes.Count)
                TLanes.Store(
                    TLanes.Multiply(TLanes.Load(pdy + i), f.Slope<TLanes, TVector>(TLanes.Load(from + i))), to + i);
            for (; i < x.Length; i++) to[i] = pdy[i] * f.Slope<LanesScalar, float>(from[i]);
        }
    }
}

/// <summary>A pass over spans that waits for its function.</summary>
internal interface IElementwisePass
{
    /// <summary>Goes over them.</summary>
    void Of<TFunction>(TFunction f) where TFunction : struct, IElementwise;
}

/// <summary>yᵢ = f(xᵢ).</summary>
internal readonly ref struct ForwardPass(ReadOnlySpan<float> x, Span<float> y) : IElementwisePass
{
    private readonly ReadOnlySpan<float> _x = x;
    private readonly Span<float> _y = y;

    /// <inheritdoc/>
    public void Of<TFunction>(TFunction f) where TFunction : struct, IElementwise => Elementwise.Forward(f, _x, _y);
}

/// <summary>dxᵢ = dyᵢ · f′(xᵢ).</summary>
internal readonly ref struct BackwardPass(ReadOnlySpan<float> x, ReadOnlySpan<float> dy, Span<float> dx)
    : IElementwisePass
{
    private readonly ReadOnlySpan<float> _x = x;
    private readonly ReadOnlySpan<float> _dy = dy;
    private readonly Span<float> _dx = dx;

    /// <inheritdoc/>
    public void Of<TFunction>(TFunction f) where TFunction : struct, IElementwise =>
        Elementwise.Backward(f, _x, _dy, _dx);
}
