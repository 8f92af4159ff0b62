using System.Runtime.Intrinsics;

namespace ActorTrain.Kernels;

/// <summary>
/// One pass over spans, element by element, with the same bits at every vector width. A destination may be the same
/// memory as a source, but must not overlap it otherwise.
/// </summary>
public static class VectorOperations
{
    /// <summary>yᵢ = max(xᵢ, 0); NaN where xᵢ is.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void Relu(ReadOnlySpan<float> x, Span<float> y)
    {
        CheckLength(x.Length, y.Length);
        if (Vector512.IsHardwareAccelerated) VectorOperations<Lanes512, Vector512<float>>.Relu(x, y);
        else if (Vector256.IsHardwareAccelerated) VectorOperations<Lanes256, Vector256<float>>.Relu(x, y);
        else if (Vector128.IsHardwareAccelerated) VectorOperations<Lanes128, Vector128<float>>.Relu(x, y);
        else VectorOperations<LanesScalar, float>.Relu(x, y);
    }

    /// <summary>
    /// dxᵢ = 0 where yᵢ is 0, dyᵢ elsewhere; <paramref name="y"/> is what <see cref="Relu"/> gave.
    /// </summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void ReluBackward(ReadOnlySpan<float> y, ReadOnlySpan<float> dy, Span<float> dx)
    {
        CheckLength(y.Length, dx.Length);
        CheckLength(dy.Length, dx.Length);
        if (Vector512.IsHardwareAccelerated) VectorOperations<Lanes512, Vector512<float>>.ReluBackward(y, dy, dx);
        else if (Vector256.IsHardwareAccelerated) VectorOperations<Lanes256, Vector256<float>>.ReluBackward(y, dy, dx);
        else if (Vector128.IsHardwareAccelerated) VectorOperations<Lanes128, Vector128<float>>.ReluBackward(y, dy, dx);
        else VectorOperations<LanesScalar, float>.ReluBackward(y, dy, dx);
    }

    /// <summary>The same for a block of rows.</summary>
    /// <param name="y">Rows of what <see cref="Relu"/> gave.</param>
    /// <param name="dx">As many rows of ∂L/∂y; where y is 0, they become 0.</param>
    public static void ReluBackward(MatrixView y, MatrixSpan dx)
    {
        if (y.Rows != dx.Rows || y.Columns != dx.Columns)
            throw new ArgumentException(
                $"ReluBackward: {y.Rows}x{y.Columns} outputs beside {dx.Rows}x{dx.Columns} gradients; give as many.");
        if (Vector512.IsHardwareAccelerated) VectorOperations<Lanes512, Vector512<float>>.ReluBackward(y, dx);
        else if (Vector256.IsHardwareAccelerated) VectorOperations<Lanes256, Vector256<float>>.ReluBackward(y, dx);
        else if (Vector128.IsHardwareAccelerated) VectorOperations<Lanes128, Vector128<float>>.ReluBackward(y, dx);
        else VectorOperations<LanesScalar, float>.ReluBackward(y, dx);
    }

    /// <summary>sumᵢ = the i-th elements of some rows, added in ascending order to 0.</summary>
    /// <param name="rows">The first row's first element on.</param>
    /// <param name="stride">Elements from row to row.</param>
    /// <param name="count">How many rows, at least 1.</param>
    /// <param name="sum">As long as the part of a row that is added.</param>
    /// <exception cref="ArgumentException">There are not so many elements.</exception>
    public static void SumRows(ReadOnlySpan<float> rows, int stride, int count, Span<float> sum)
    {
        if (rows.Length < ((count - 1) * stride) + sum.Length)
            throw new ArgumentException(
                $"SumRows: {rows.Length} elements for {count} rows of {sum.Length}, {stride} apart; give all.");
        if (Vector512.IsHardwareAccelerated)
            VectorOperations<Lanes512, Vector512<float>>.SumRows(rows, stride, count, sum);
        else if (Vector256.IsHardwareAccelerated)
            VectorOperations<Lanes256, Vector256<float>>.SumRows(rows, stride, count, sum);
        else if (Vector128.IsHardwareAccelerated)
            VectorOperations<Lanes128, Vector128<float>>.SumRows(rows, stride, count, sum);
        else VectorOperations<LanesScalar, float>.SumRows(rows, stride, count, sum);
    }

    /// <summary>sumᵢ = aᵢ + bᵢ.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void Add(ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<float> sum)
    {
        CheckLength(a.Length, sum.Length);
        CheckLength(b.Length, sum.Length);
        if (Vector512.IsHardwareAccelerated) VectorOperations<Lanes512, Vector512<float>>.Add(a, b, sum);
        else if (Vector256.IsHardwareAccelerated) VectorOperations<Lanes256, Vector256<float>>.Add(a, b, sum);
        else if (Vector128.IsHardwareAccelerated) VectorOperations<Lanes128, Vector128<float>>.Add(a, b, sum);
        else VectorOperations<LanesScalar, float>.Add(a, b, sum);
    }

    /// <summary>yᵢ = xᵢ + constant; then, if asked, what <see cref="Relu"/> makes of it.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void AddConstant(ReadOnlySpan<float> x, float constant, bool relu, Span<float> y)
    {
        CheckLength(x.Length, y.Length);
        if (Vector512.IsHardwareAccelerated)
            VectorOperations<Lanes512, Vector512<float>>.AddConstant(x, constant, relu, y);
        else if (Vector256.IsHardwareAccelerated)
            VectorOperations<Lanes256, Vector256<float>>.AddConstant(x, constant, relu, y);
        else if (Vector128.IsHardwareAccelerated)
            VectorOperations<Lanes128, Vector128<float>>.AddConstant(x, constant, relu, y);
        else VectorOperations<LanesScalar, float>.AddConstant(x, constant, relu, y);
    }

    /// <summary>yᵢ = xᵢ / divisor.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void Divide(ReadOnlySpan<float> x, float divisor, Span<float> y)
    {
        CheckLength(x.Length, y.Length);
        if (Vector512.IsHardwareAccelerated) VectorOperations<Lanes512, Vector512<float>>.Divide(x, divisor, y);
        else if (Vector256.IsHardwareAccelerated) VectorOperations<Lanes256, Vector256<float>>.Divide(x, divisor, y);
        else if (Vector128.IsHardwareAccelerated) VectorOperations<Lanes128, Vector128<float>>.Divide(x, divisor, y);
        else VectorOperations<LanesScalar, float>.Divide(x, divisor, y);
    }

    /// <summary>yᵢ = xᵢ·scale, but not beyond ±limit; NaN stays NaN.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void Clip(ReadOnlySpan<float> x, float scale, float limit, Span<float> y)
    {
        CheckLength(x.Length, y.Length);
        if (Vector512.IsHardwareAccelerated) VectorOperations<Lanes512, Vector512<float>>.Clip(x, scale, limit, y);
        else if (Vector256.IsHardwareAccelerated) VectorOperations<Lanes256, Vector256<float>>.Clip(x, scale, limit, y);
        else if (Vector128.IsHardwareAccelerated) VectorOperations<Lanes128, Vector128<float>>.Clip(x, scale, limit, y);
        else VectorOperations<LanesScalar, float>.Clip(x, scale, limit, y);
    }

    /// <summary>yᵢ = aᵢ + share·(bᵢ − aᵢ), the sum with the product rounded once; PyTorch's <c>lerp</c>.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void Lerp(ReadOnlySpan<float> a, ReadOnlySpan<float> b, float share, Span<float> y)
    {
        CheckLength(a.Length, y.Length);
        CheckLength(b.Length, y.Length);
        if (Vector512.IsHardwareAccelerated) VectorOperations<Lanes512, Vector512<float>>.Lerp(a, b, share, y);
        else if (Vector256.IsHardwareAccelerated) VectorOperations<Lanes256, Vector256<float>>.Lerp(a, b, share, y);
        else if (Vector128.IsHardwareAccelerated) VectorOperations<Lanes128, Vector128<float>>.Lerp(a, b, share, y);
        else VectorOperations<LanesScalar, float>.Lerp(a, b, share, y);
    }

    /// <summary>destinationᵢ = sourceᵢ·scale + shift, rounded once: pixels to normalised inputs.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void BytesToFloats(ReadOnlySpan<byte> source, float scale, float shift, Span<float> destination)
    {
        CheckLength(source.Length, destination.Length);
        if (Vector512.IsHardwareAccelerated)
            VectorOperations<Lanes512, Vector512<float>>.BytesToFloats(source, scale, shift, destination);
        else if (Vector256.IsHardwareAccelerated)
            VectorOperations<Lanes256, Vector256<float>>.BytesToFloats(source, scale, shift, destination);
        else if (Vector128.IsHardwareAccelerated)
            VectorOperations<Lanes128, Vector128<float>>.BytesToFloats(source, scale, shift, destination);
        else VectorOperations<LanesScalar, float>.BytesToFloats(source, scale, shift, destination);
    }

    private static void CheckLength(int length, int destinationLength)
    {
        if (length != destinationLength)
            throw new ArgumentException(
                $"a span of {length} elements beside a destination of {destinationLength}; give as many.");
    }
}
