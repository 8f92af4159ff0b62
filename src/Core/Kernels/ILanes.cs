namespace ActorTrain.Kernels;

/// <summary>
/// One width of vector register. Kernels are written once over this interface; the JIT compiles one body for each
/// implementing struct, with every call inlined. All operations are exact IEEE 754 per lane, so results do not depend
/// on the width.
/// </summary>
/// <typeparam name="TVector">The register: <see cref="Count"/> float32 lanes.</typeparam>
internal unsafe interface ILanes<TVector> where TVector : struct
{
    /// <summary>Floats in a vector.</summary>
    static abstract int Count { get; }

    /// <summary>Vectors in a micropanel: 4 where there are 32 registers, 2 where there are 16.</summary>
    static abstract int PanelVectors { get; }

    static abstract TVector Load(float* source);
    static abstract void Store(TVector value, float* destination);

    /// <summary>Every lane the same value.</summary>
    static abstract TVector Create(float value);

    /// <summary>Every lane the same 32 bits.</summary>
    static abstract TVector CreateBits(int bits);

    /// <summary>Byte i of <paramref name="source"/>, as a number, in lane i.</summary>
    static abstract TVector LoadBytes(byte* source);

    /// <summary>x·y + z, rounded once.</summary>
    static abstract TVector FusedMultiplyAdd(TVector x, TVector y, TVector z);

    static abstract TVector Add(TVector x, TVector y);
    static abstract TVector Subtract(TVector x, TVector y);
    static abstract TVector Multiply(TVector x, TVector y);
    static abstract TVector Divide(TVector x, TVector y);
    static abstract TVector Sqrt(TVector x);

    /// <summary>All bits set in the lanes where x &lt; y; none where not, or where one is NaN.</summary>
    static abstract TVector LessThan(TVector x, TVector y);

    /// <summary>0 where x ≤ 0; elsewhere, also where x is NaN, bit for bit y.</summary>
    static abstract TVector ClearWhereAtMost0(TVector x, TVector y);

    /// <summary>All bits set in the lanes where x = y; so not where one is NaN.</summary>
    static abstract TVector Equal(TVector x, TVector y);

    /// <summary>Bit for bit <paramref name="whenSet"/> where <paramref name="mask"/> is set.</summary>
    static abstract TVector Select(TVector mask, TVector whenSet, TVector whenClear);

    /// <summary>Bitwise and.</summary>
    static abstract TVector And(TVector x, TVector y);

    /// <summary>The lanes as 32-bit integers, added.</summary>
    static abstract TVector AddBits(TVector x, TVector y);

    /// <summary>The lanes as 32-bit integers, subtracted.</summary>
    static abstract TVector SubtractBits(TVector x, TVector y);

    /// <summary>The lanes as 32-bit integers, shifted left.</summary>
    static abstract TVector ShiftLeftBits(TVector x, int count);

    /// <summary>The lanes as 32-bit integers, shifted right with the sign.</summary>
    static abstract TVector ShiftRightBits(TVector x, int count);

    /// <summary>The lanes as 32-bit integers, converted to the float32 of the same value.</summary>
    static abstract TVector ConvertBits(TVector x);
}
