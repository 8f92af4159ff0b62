using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ActorTrain.Kernels;

/// <summary>
/// exp and log of float32 that give the same bits at every vector width and on every platform, which the runtime's own
/// (the C library's) do not promise. Errors stay below 1 ulp for exp and 1.5 ulp for log, denormal results included.
/// </summary>
public static unsafe class ElementwiseMath
{
    /// <summary>eˣ. NaN gives NaN, +∞ and what overflows +∞, −∞ and what underflows 0.</summary>
    public static float Exp(float x) => ExpFunction.Apply<LanesScalar, float>(x);

    /// <summary>ln x. NaN and what is below 0 give NaN, ±0 gives −∞, +∞ gives +∞.</summary>
    public static float Log(float x) => LogFunction.Apply<LanesScalar, float>(x);

    /// <summary><paramref name="y"/>ᵢ = exp(<paramref name="x"/>ᵢ), as <see cref="Exp(float)"/> bit for bit.</summary>
    /// <param name="x">Any number of elements.</param>
    /// <param name="y">As many; may be the same memory as <paramref name="x"/>.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void Exp(ReadOnlySpan<float> x, Span<float> y) => Map<ExpFunction>(x, y);

    /// <summary><paramref name="y"/>ᵢ = ln(<paramref name="x"/>ᵢ), as <see cref="Log(float)"/> bit for bit.</summary>
    /// <param name="x">Any number of elements.</param>
    /// <param name="y">As many; may be the same memory as <paramref name="x"/>.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void Log(ReadOnlySpan<float> x, Span<float> y) => Map<LogFunction>(x, y);

    private static void Map<TFunction>(ReadOnlySpan<float> x, Span<float> y) where TFunction : struct, IFunction
    {
        if (Vector512.IsHardwareAccelerated) Map<TFunction, Lanes512, Vector512<float>>(x, y);
        else if (Vector256.IsHardwareAccelerated) Map<TFunction, Lanes256, Vector256<float>>(x, y);
        else if (Vector128.IsHardwareAccelerated) Map<TFunction, Lanes128, Vector128<float>>(x, y);
        else Map<TFunction, LanesScalar, float>(x, y);
    }

    /// <summary>Applies a function at one width; the last elements go one by one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Map<TFunction, TLanes, TVector>(ReadOnlySpan<float> x, Span<float> y)
        where TFunction : struct, IFunction where TLanes : struct, ILanes<TVector> where TVector : struct
    {
        if (x.Length != y.Length)
            throw new ArgumentException($"x has {x.Length} elements, y {y.Length}; give as many.");
        fixed (float* from = x, to = y)
        {
            var i = 0;
            for (; i <= x.Length - TLanes.Count; i += TLanes.Count)
                TLanes.Store(TFunction.Apply<TLanes, TVector>(TLanes.Load(from + i)), to + i);
            for (; i < x.Length; i++) to[i] = TFunction.Apply<LanesScalar, float>(from[i]);
        }
    }
}

/// <summary>A function of one float, written once for all widths.</summary>
internal interface IFunction
{
    static abstract TVector Apply<TLanes, TVector>(TVector x)
        where TLanes : struct, ILanes<TVector> where TVector : struct;
}

/// <summary>
/// eˣ = 2ⁿ·eʳ with n = round(x/ln 2), |r| ≤ ln 2 / 2. Taylor's series to r⁷: what is left out, r⁸/8!, is below
/// 0.1 ulp. ln 2 is subtracted in two parts, the first with so few bits that n times it is exact.
/// </summary>
internal readonly struct ExpFunction : IFunction
{
    // 1.5·2²³: adding it leaves the nearest integer in the low bits.
    private const float RoundingShift = 12582912f;
    private const float Ln2High = 0.693359375f;
    private const float Ln2Low = -2.12194440e-4f;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Apply<TLanes, TVector>(TVector x)
        where TLanes : struct, ILanes<TVector> where TVector : struct
    {
        // Beyond these bounds the result is 0 or ∞ anyway; within them 2ⁿ is a product of two normal powers.
        TVector least = TLanes.Create(-105f), most = TLanes.Create(89f);
        var clamped = TLanes.Select(TLanes.LessThan(x, least), least, TLanes.Select(TLanes.LessThan(most, x), most, x));
        var shift = TLanes.Create(RoundingShift);
        var shifted = TLanes.FusedMultiplyAdd(clamped, TLanes.Create(1.44269504f), shift);
        var n = TLanes.Subtract(shifted, shift);
        var r = TLanes.FusedMultiplyAdd(n, TLanes.Create(-Ln2High), clamped);
        r = TLanes.FusedMultiplyAdd(n, TLanes.Create(-Ln2Low), r);
        var p = TLanes.Create(1f / 5040);
        p = TLanes.FusedMultiplyAdd(p, r, TLanes.Create(1f / 720));
        p = TLanes.FusedMultiplyAdd(p, r, TLanes.Create(1f / 120));
        p = TLanes.FusedMultiplyAdd(p, r, TLanes.Create(1f / 24));
        p = TLanes.FusedMultiplyAdd(p, r, TLanes.Create(1f / 6));
        p = TLanes.FusedMultiplyAdd(p, r, TLanes.Create(0.5f));
        p = TLanes.FusedMultiplyAdd(p, r, TLanes.Create(1f));
        p = TLanes.FusedMultiplyAdd(p, r, TLanes.Create(1f));
        // n in two halves: the first product is exact, the second rounds once, also to a denormal.
        var whole = TLanes.SubtractBits(shifted, shift);
        var half = TLanes.ShiftRightBits(whole, 1);
        var result = TLanes.Multiply(
            TLanes.Multiply(p, PowerOfTwo<TLanes, TVector>(half)),
            PowerOfTwo<TLanes, TVector>(TLanes.SubtractBits(whole, half)));
        return TLanes.Select(TLanes.Equal(x, x), result, x);
    }

    private static TVector PowerOfTwo<TLanes, TVector>(TVector exponent)
        where TLanes : struct, ILanes<TVector> where TVector : struct =>
        TLanes.ShiftLeftBits(TLanes.AddBits(exponent, TLanes.CreateBits(127)), 23);
}

/// <summary>
/// ln x = e·ln 2 + ln m with x = 2ᵉ·m and √½ ≤ m &lt; √2. With f = m − 1 and s = f/(2 + f),
/// ln m = 2·artanh s = f − s·(f − R), R = 2s²/3 + 2s⁴/5 + …; written so that f, which is exact, leads the sum.
/// </summary>
internal readonly struct LogFunction : IFunction
{
    private const float Ln2High = 0.693359375f;
    private const float Ln2Low = -2.12194440e-4f;
    private const int RootOfHalf = 0x3F3504F3;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Apply<TLanes, TVector>(TVector x)
        where TLanes : struct, ILanes<TVector> where TVector : struct
    {
        TVector zero = TLanes.Create(0f), infinity = TLanes.Create(float.PositiveInfinity);
        // Denormals are made normal first.
        var isSmall = TLanes.LessThan(x, TLanes.Create(1.17549435e-38f));
        var normal = TLanes.Select(isSmall, TLanes.Multiply(x, TLanes.Create(33554432f)), x);
        var bits = TLanes.SubtractBits(normal, TLanes.CreateBits(RootOfHalf));
        var exponent = TLanes.ShiftRightBits(bits, 23);
        var m = TLanes.AddBits(
            TLanes.And(bits, TLanes.CreateBits(0x007FFFFF)), TLanes.CreateBits(RootOfHalf));
        var e = TLanes.Subtract(TLanes.ConvertBits(exponent), TLanes.And(isSmall, TLanes.Create(25f)));
        var f = TLanes.Subtract(m, TLanes.Create(1f));
        var s = TLanes.Divide(f, TLanes.Add(f, TLanes.Create(2f)));
        var z = TLanes.Multiply(s, s);
        var r = TLanes.Create(2f / 11);
        r = TLanes.FusedMultiplyAdd(r, z, TLanes.Create(2f / 9));
        r = TLanes.FusedMultiplyAdd(r, z, TLanes.Create(2f / 7));
        r = TLanes.FusedMultiplyAdd(r, z, TLanes.Create(2f / 5));
        r = TLanes.FusedMultiplyAdd(r, z, TLanes.Create(2f / 3));
        r = TLanes.Multiply(r, z);
        // s·(f − R) = f²/2 − s·(f²/2 + R)
        var halfSquare = TLanes.Multiply(TLanes.Multiply(f, f), TLanes.Create(0.5f));
        var tail = TLanes.FusedMultiplyAdd(s, TLanes.Add(halfSquare, r), TLanes.Multiply(e, TLanes.Create(Ln2Low)));
        var ln = TLanes.Subtract(f, TLanes.Subtract(halfSquare, tail));
        ln = TLanes.FusedMultiplyAdd(e, TLanes.Create(Ln2High), ln);
        ln = TLanes.Select(TLanes.Equal(x, infinity), x, ln);
        ln = TLanes.Select(TLanes.LessThan(x, zero), TLanes.Create(float.NaN), ln);
        ln = TLanes.Select(TLanes.Equal(x, zero), TLanes.Create(float.NegativeInfinity), ln);
        return TLanes.Select(TLanes.Equal(x, x), ln, x);
    }
}
