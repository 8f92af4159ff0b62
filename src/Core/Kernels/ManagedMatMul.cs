using System.Runtime.Intrinsics;

namespace ActorTrain.Kernels;

/// <summary>
/// The default kernel, in C#. Each element of a product is one chain of fused multiply-adds over k in ascending order,
/// starting from 0, so its bits depend neither on the vector width nor on the tile or the rows beside it.
/// </summary>
public sealed class ManagedMatMul : IMatMul
{
    /// <summary>Its name in recipes.</summary>
    public const string KernelName = "managed";

    /// <inheritdoc/>
    public string Name => KernelName;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">Sizes that do not fit together, or memory too short for them.</exception>
    public void Multiply(
        MatrixView a, MatrixView b, ReadOnlySpan<float> bias, MatrixSpan c, ReadOnlySpan<int> leafRows) =>
        Multiply(a, b, bias, c, leafRows, relu: false);

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">Sizes that do not fit together, or memory too short for them.</exception>
    public void MultiplyRelu(
        MatrixView a, MatrixView b, ReadOnlySpan<float> bias, MatrixSpan c, ReadOnlySpan<int> leafRows) =>
        Multiply(a, b, bias, c, leafRows, relu: true);

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">Sizes that do not fit together, or memory too short for them.</exception>
    public void MultiplyTransposed(MatrixView a, MatrixView b, MatrixSpan c, ReadOnlySpan<int> leafRows)
    {
        if (Vector512.IsHardwareAccelerated)
            ManagedMatMul<Lanes512, Vector512<float>>.MultiplyTransposed(a, b, c, leafRows);
        else if (Vector256.IsHardwareAccelerated)
            ManagedMatMul<Lanes256, Vector256<float>>.MultiplyTransposed(a, b, c, leafRows);
        else if (Vector128.IsHardwareAccelerated)
            ManagedMatMul<Lanes128, Vector128<float>>.MultiplyTransposed(a, b, c, leafRows);
        else ManagedMatMul<LanesScalar, float>.MultiplyTransposed(a, b, c, leafRows);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">Sizes that do not fit together, or memory too short for them.</exception>
    public void TransposedMultiply(MatrixView a, MatrixView b, MatrixSpan c, ReadOnlySpan<int> leafRows)
    {
        if (Vector512.IsHardwareAccelerated)
            ManagedMatMul<Lanes512, Vector512<float>>.TransposedMultiply(a, b, c, leafRows);
        else if (Vector256.IsHardwareAccelerated)
            ManagedMatMul<Lanes256, Vector256<float>>.TransposedMultiply(a, b, c, leafRows);
        else if (Vector128.IsHardwareAccelerated)
            ManagedMatMul<Lanes128, Vector128<float>>.TransposedMultiply(a, b, c, leafRows);
        else ManagedMatMul<LanesScalar, float>.TransposedMultiply(a, b, c, leafRows);
    }

    /// <summary>
    /// As <see cref="TransposedMultiply(MatrixView, MatrixView, MatrixSpan, ReadOnlySpan{int})"/>, in blocks of rows.
    /// </summary>
    internal static void TransposedMultiply<TBlocks>(
        MatrixView a, MatrixView b, ReadOnlySpan<int> leafRows, scoped ref TBlocks blocks)
        where TBlocks : struct, IRowBlocks, allows ref struct
    {
        if (Vector512.IsHardwareAccelerated)
            ManagedMatMul<Lanes512, Vector512<float>>.TransposedMultiply(a, b, leafRows, ref blocks);
        else if (Vector256.IsHardwareAccelerated)
            ManagedMatMul<Lanes256, Vector256<float>>.TransposedMultiply(a, b, leafRows, ref blocks);
        else if (Vector128.IsHardwareAccelerated)
            ManagedMatMul<Lanes128, Vector128<float>>.TransposedMultiply(a, b, leafRows, ref blocks);
        else ManagedMatMul<LanesScalar, float>.TransposedMultiply(a, b, leafRows, ref blocks);
    }

    private static void Multiply(
        MatrixView a, MatrixView b, ReadOnlySpan<float> bias, MatrixSpan c, ReadOnlySpan<int> leafRows, bool relu)
    {
        if (Vector512.IsHardwareAccelerated)
            ManagedMatMul<Lanes512, Vector512<float>>.Multiply(a, b, bias, c, leafRows, relu);
        else if (Vector256.IsHardwareAccelerated)
            ManagedMatMul<Lanes256, Vector256<float>>.Multiply(a, b, bias, c, leafRows, relu);
        else if (Vector128.IsHardwareAccelerated)
            ManagedMatMul<Lanes128, Vector128<float>>.Multiply(a, b, bias, c, leafRows, relu);
        else ManagedMatMul<LanesScalar, float>.Multiply(a, b, bias, c, leafRows, relu);
    }
}

/// <summary>The managed kernel at one vector width: checks, pins, and hands over to the loops.</summary>
internal static unsafe class ManagedMatMul<TLanes, TVector>
    where TLanes : struct, ILanes<TVector> where TVector : struct
{
    /// <summary>As <see cref="IMatMul.Multiply"/> or <see cref="IMatMul.MultiplyRelu"/>.</summary>
    public static void Multiply(MatrixView a, MatrixView b, ReadOnlySpan<float> bias, MatrixSpan c,
        ReadOnlySpan<int> leafRows, bool relu = false)
    {
        MatMulArguments.Check("Multiply", a, b, c, (a.Rows, b.Columns, a.Columns, b.Rows), a.Rows, leafRows);
        MatMulArguments.CheckBias(bias.Length, b.Columns);
        fixed (float* pa = a.Data, pb = b.Data, pc = c.Data, pBias = bias)
        {
            if (a.Rows != 1) Gemm<TLanes, TVector>.Multiply(On(a, pa), On(b, pb), false, pBias, On(c, pc), relu);
            else
            {
                RowTimesMatrix<TLanes, TVector>.Multiply(pa, On(b, pb), pBias, pc);
                var row = new Span<float>(pc, c.Columns);
                if (relu) VectorOperations<TLanes, TVector>.Relu(row, row);
            }
        }
    }

    /// <summary>As <see cref="IMatMul.MultiplyTransposed"/>.</summary>
    public static void MultiplyTransposed(MatrixView a, MatrixView b, MatrixSpan c, ReadOnlySpan<int> leafRows)
    {
        MatMulArguments.Check("MultiplyTransposed", a, b, c, (a.Rows, b.Rows, a.Columns, b.Columns), a.Rows, leafRows);
        fixed (float* pa = a.Data, pb = b.Data, pc = c.Data)
        {
            if (a.Rows == 1) OneRowGradients.MultiplyTransposed(pa, On(b, pb), pc, HasManyRegisters);
            else if (SwapIsCheaper(a.Rows, b.Rows, a.Columns))
                Gemm<TLanes, TVector>.MultiplySwapped(On(a, pa), On(b, pb), On(c, pc));
            else Gemm<TLanes, TVector>.Multiply(On(a, pa), On(b, pb), true, null, On(c, pc));
        }
    }

    /// <summary>As <see cref="IMatMul.TransposedMultiply"/>.</summary>
    public static void TransposedMultiply(MatrixView a, MatrixView b, MatrixSpan c, ReadOnlySpan<int> leafRows)
    {
        MatMulArguments.Check("TransposedMultiply", a, b, c, (a.Columns, b.Columns, a.Rows, b.Rows), a.Rows, leafRows);
        fixed (float* pa = a.Data, pb = b.Data, pc = c.Data)
        {
            if (a.Rows == 1 && leafRows.Length <= 1)
                OneRowGradients.OuterProduct<TLanes, TVector>(pa, pb, On(c, pc));
            else if (Gemm<TLanes, TVector>.TurnIsCheaper(On(a, pa), On(b, pb), leafRows.Length))
                Gemm<TLanes, TVector>.MultiplyTurned(On(a, pa), On(b, pb), On(c, pc));
            else
            {
                var whole = new WholeResult(On(c, pc));
                TransposedMultiply(On(a, pa), On(b, pb), leafRows, ref whole);
            }
        }
    }

    /// <summary>The same in blocks.</summary>
    public static void TransposedMultiply<TBlocks>(
        MatrixView a, MatrixView b, ReadOnlySpan<int> leafRows, scoped ref TBlocks blocks)
        where TBlocks : struct, IRowBlocks, allows ref struct
    {
        fixed (float* pa = a.Data, pb = b.Data) TransposedMultiply(On(a, pa), On(b, pb), leafRows, ref blocks);
    }

    private static void TransposedMultiply<TBlocks>(
        Operand a, Operand b, ReadOnlySpan<int> leafRows, scoped ref TBlocks blocks)
        where TBlocks : struct, IRowBlocks, allows ref struct
    {
        if (Gemm<TLanes, TVector>.SwapsGradient(a.Columns, b.Columns))
            Gemm<TLanes, TVector>.TransposedMultiplySwapped(a, b, leafRows, ref blocks);
        else Gemm<TLanes, TVector>.TransposedMultiply(a, b, leafRows, ref blocks);
    }

    // Processors with vectors of 512 bits have 32 instead of 16.
    private static bool HasManyRegisters => TLanes.Count >= Vector512<float>.Count;

    // Either B is transposed (N·K floats), or A and C are (M·(K + N)) and M is padded to whole vectors.
    private static bool SwapIsCheaper(int m, int n, int k) =>
        m % TLanes.Count == 0 && (long)m * (k + n) < (long)n * k;

    private static Operand On(MatrixView view, float* data) => new(data, view.Rows, view.Columns, view.Stride);

    private static Operand On(MatrixSpan span, float* data) => new(data, span.Rows, span.Columns, span.Stride);
}
