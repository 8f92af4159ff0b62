using System.Runtime.CompilerServices;

namespace ActorTrain.Kernels;

/// <summary>Functions of whole vectors, from exact operations per lane: the same bits at every width.</summary>
internal static class LaneMath
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Exp<TLanes, TVector>(TVector x)
        where TLanes : struct, ILanes<TVector> where TVector : struct => ExpFunction.Apply<TLanes, TVector>(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Abs<TLanes, TVector>(TVector x)
        where TLanes : struct, ILanes<TVector> where TVector : struct =>
        TLanes.And(x, TLanes.CreateBits(0x7FFFFFFF));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Negate<TLanes, TVector>(TVector x)
        where TLanes : struct, ILanes<TVector> where TVector : struct => TLanes.Multiply(TLanes.Create(-1f), x);

    /// <summary>1 / (1 + e⁻ˣ).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Sigmoid<TLanes, TVector>(TVector x)
        where TLanes : struct, ILanes<TVector> where TVector : struct
    {
        var one = TLanes.Create(1f);
        return TLanes.Divide(one, TLanes.Add(one, Exp<TLanes, TVector>(Negate<TLanes, TVector>(x))));
    }

    /// <summary>
    /// tanh x: near 0 x + x³·P(x²), which keeps its relative precision (Moshier's polynomial of Cephes), else
    /// 1 − 2/(e²ˣ + 1).
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Tanh<TLanes, TVector>(TVector x)
        where TLanes : struct, ILanes<TVector> where TVector : struct
    {
        var one = TLanes.Create(1f);
        var z = TLanes.Multiply(x, x);
        var p = TLanes.Create(-5.70498872745e-3f);
        p = TLanes.FusedMultiplyAdd(p, z, TLanes.Create(2.06390887954e-2f));
        p = TLanes.FusedMultiplyAdd(p, z, TLanes.Create(-5.37397155531e-2f));
        p = TLanes.FusedMultiplyAdd(p, z, TLanes.Create(1.33314422036e-1f));
        p = TLanes.FusedMultiplyAdd(p, z, TLanes.Create(-3.33332819422e-1f));
        var near = TLanes.FusedMultiplyAdd(TLanes.Multiply(p, z), x, x);
        var e = Exp<TLanes, TVector>(TLanes.Add(x, x));
        var far = TLanes.Subtract(one, TLanes.Divide(TLanes.Create(2f), TLanes.Add(e, one)));
        return TLanes.Select(TLanes.LessThan(Abs<TLanes, TVector>(x), TLanes.Create(0.625f)), near, far);
    }

    /// <summary>
    /// Φ(x), the normal distribution's: ½·erfc(|x|/√2) below 0, one minus it above. erfc(z) = t·exp(−z² + P(t)) with
    /// t = 1/(1 + z/2), a Chebyshev fit with a relative error below 1.2·10⁻⁷ (Press et al., Numerical Recipes, §6.2).
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector NormalCdf<TLanes, TVector>(TVector x)
        where TLanes : struct, ILanes<TVector> where TVector : struct
    {
        TVector one = TLanes.Create(1f), half = TLanes.Create(0.5f);
        var z = TLanes.Multiply(Abs<TLanes, TVector>(x), TLanes.Create(0.70710678f));
        var t = TLanes.Divide(one, TLanes.FusedMultiplyAdd(half, z, one));
        var p = TLanes.Create(0.17087277f);
        p = TLanes.FusedMultiplyAdd(p, t, TLanes.Create(-0.82215223f));
        p = TLanes.FusedMultiplyAdd(p, t, TLanes.Create(1.48851587f));
        p = TLanes.FusedMultiplyAdd(p, t, TLanes.Create(-1.13520398f));
        p = TLanes.FusedMultiplyAdd(p, t, TLanes.Create(0.27886807f));
        p = TLanes.FusedMultiplyAdd(p, t, TLanes.Create(-0.18628806f));
        p = TLanes.FusedMultiplyAdd(p, t, TLanes.Create(0.09678418f));
        p = TLanes.FusedMultiplyAdd(p, t, TLanes.Create(0.37409196f));
        p = TLanes.FusedMultiplyAdd(p, t, TLanes.Create(1.00002368f));
        p = TLanes.FusedMultiplyAdd(p, t, TLanes.Create(-1.26551223f));
        var exponent = TLanes.FusedMultiplyAdd(Negate<TLanes, TVector>(z), z, p);
        var tail = TLanes.Multiply(TLanes.Multiply(half, t), Exp<TLanes, TVector>(exponent));
        return TLanes.Select(TLanes.LessThan(x, TLanes.Create(0f)), tail, TLanes.Subtract(one, tail));
    }

    /// <summary>ln(1 + x) for x from 0: what rounding took from 1 + x is put right (Kahan).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Log1p<TLanes, TVector>(TVector x)
        where TLanes : struct, ILanes<TVector> where TVector : struct
    {
        var one = TLanes.Create(1f);
        var u = TLanes.Add(one, x);
        var log = TLanes.Multiply(
            LogFunction.Apply<TLanes, TVector>(u), TLanes.Divide(x, TLanes.Subtract(u, one)));
        return TLanes.Select(TLanes.Equal(u, one), x, log);
    }
}
