using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ActorTrain.Kernels;

/// <summary>
/// Copies operands into micropanels: NR (or MR) consecutive floats for each k, so that the microkernel reads aligned
/// vectors from consecutive lines, whatever stride the operand has (a stride of 4 KB maps all rows to one L1 set).
/// </summary>
internal static unsafe class Packing
{
    private const int LineBytes = 64;

    /// <summary>
    /// destination[r·width + c] = source[r·stride + c] for c &lt; <paramref name="columns"/>, and 0 from there to
    /// <paramref name="width"/>.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows<TLanes, TVector>(float* source, nint stride, int rows, int columns, float* destination,
        int width)
        where TLanes : struct, ILanes<TVector> where TVector : struct
    {
        // A load that covers several narrower stores waits until they have left the core. So the padding is written
        // with its row, in whole vectors, which read beyond the row's end wherever the matrix goes on there.
        var whole = columns == width ? 0 : rows;
        if (columns != width)
        {
            while (whole > 0 && ((whole - 1) * stride) + width > ((rows - 1) * stride) + columns) whole--;
            new Span<float>(destination + ((nint)whole * width), (rows - whole) * width).Clear();
            PadRows<TLanes, TVector>(source, stride, whole, columns, destination, width);
        }
        for (var r = whole; r < rows; r++)
            CopyRow<TLanes, TVector>(source + (r * stride), columns, destination + ((nint)r * width));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void PadRows<TLanes, TVector>(float* source, nint stride, int rows, int columns, float* destination,
        int width)
        where TLanes : struct, ILanes<TVector> where TVector : struct
    {
        // Ones and zeros so that a load from the middle, less i, keeps the first i lanes.
        const int most = AlignedMemory.AlignmentBytes / sizeof(float);
        var bits = stackalloc int[2 * most];
        for (var i = 0; i < 2 * most; i++) bits[i] = i < most ? -1 : 0;
        for (var c = 0; c < width; c += TLanes.Count)
        {
            var mask = TLanes.Load((float*)bits + most - Math.Clamp(columns - c, 0, TLanes.Count));
            float* from = source + c, to = destination + c;
            for (var r = 0; r < rows; r++, from += stride, to += width)
                TLanes.Store(TLanes.And(TLanes.Load(from), mask), to);
        }
    }

    /// <summary>Copies some columns of some rows, to rows at another stride.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void CopyRows<TLanes, TVector>(
        float* source, nint sourceStride, int rows, int columns, float* destination, nint destinationStride)
        where TLanes : struct, ILanes<TVector> where TVector : struct
    {
        for (var r = 0; r < rows; r++)
            CopyRow<TLanes, TVector>(source + (r * sourceStride), columns, destination + (r * destinationStride));
    }

    /// <summary>Copies one row, inline: rows are too short for a call of memmove to pay.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void CopyRow<TLanes, TVector>(float* source, int columns, float* destination)
        where TLanes : struct, ILanes<TVector> where TVector : struct
    {
        var c = 0;
        for (; c <= columns - TLanes.Count; c += TLanes.Count) TLanes.Store(TLanes.Load(source + c), destination + c);
        for (; c <= columns - 2; c += 2) *(double*)(destination + c) = *(double*)(source + c);
        if (c < columns) destination[c] = source[c];
    }

    /// <summary>Asks for a cache line, into L2; where the processor offers no way, does nothing.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch(float* address)
    {
        if (Sse.IsSupported) Sse.Prefetch1(address);
    }

    /// <summary>Asks for a cache line, into L1; where the processor offers no way, does nothing.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void PrefetchNear(float* address)
    {
        if (Sse.IsSupported) Sse.Prefetch0(address);
    }

    /// <summary>Asks for each line of a span, into L1.</summary>
    public static void PrefetchNear(ReadOnlySpan<byte> bytes)
    {
        fixed (byte* first = bytes)
            for (var i = 0; i < bytes.Length + LineBytes - 1; i += LineBytes)
                PrefetchNear((float*)(first + Math.Min(i, bytes.Length - 1)));
    }

    /// <summary>destination[c·destinationStride + r] = source[r·sourceStride + c].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Transpose(
        float* source, nint sourceStride, int rows, int columns, float* destination, nint destinationStride)
    {
        var blockRows = Avx.IsSupported ? rows & ~7 : 0;
        var blockColumns = columns & ~7;
        for (var r = 0; r < blockRows; r += 8)
        {
            var from = source + (r * sourceStride);
            for (var c = 0; c < blockColumns; c += 8)
                Transpose8x8(from + c, sourceStride, destination + (c * destinationStride) + r, destinationStride);
            TransposeOneByOne(from, sourceStride, 8, blockColumns, columns, destination + r, destinationStride);
        }
        TransposeOneByOne(source + (blockRows * sourceStride), sourceStride, rows - blockRows, 0, columns,
            destination + blockRows, destinationStride);
    }

    private static void TransposeOneByOne(float* source, nint sourceStride, int rows, int firstColumn, int columns,
        float* destination, nint destinationStride)
    {
        for (var c = firstColumn; c < columns; c++)
            for (var r = 0; r < rows; r++)
                destination[(c * destinationStride) + r] = source[(r * sourceStride) + c];
    }

    // Rows r and r+4 share a register from the start, so that only in-lane shuffles are left: 16 instead of 24.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Transpose8x8(float* source, nint stride, float* destination, nint destinationStride)
    {
        Transpose8x4(source, stride, destination, destinationStride);
        Transpose8x4(source + 4, stride, destination + (4 * destinationStride), destinationStride);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Transpose8x4(float* source, nint stride, float* destination, nint destinationStride)
    {
        var (c0, c1, c2, c3) = Transpose8x4(source, stride);
        c0.Store(destination);
        c1.Store(destination + destinationStride);
        c2.Store(destination + (2 * destinationStride));
        c3.Store(destination + (3 * destinationStride));
    }

    /// <summary>Four columns of eight rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector256<float> C0, Vector256<float> C1, Vector256<float> C2, Vector256<float> C3) Transpose8x4(
        float* source, nint stride)
    {
        var low = source + (4 * stride);
        var r0 = Vector256.Create(Vector128.Load(source), Vector128.Load(low));
        var r1 = Vector256.Create(Vector128.Load(source + stride), Vector128.Load(low + stride));
        var r2 = Vector256.Create(Vector128.Load(source + (2 * stride)), Vector128.Load(low + (2 * stride)));
        var r3 = Vector256.Create(Vector128.Load(source + (3 * stride)), Vector128.Load(low + (3 * stride)));
        var even01 = Avx.UnpackLow(r0, r1).AsDouble();
        var even23 = Avx.UnpackLow(r2, r3).AsDouble();
        var odd01 = Avx.UnpackHigh(r0, r1).AsDouble();
        var odd23 = Avx.UnpackHigh(r2, r3).AsDouble();
        return (
            Avx.UnpackLow(even01, even23).AsSingle(), Avx.UnpackHigh(even01, even23).AsSingle(),
            Avx.UnpackLow(odd01, odd23).AsSingle(), Avx.UnpackHigh(odd01, odd23).AsSingle());
    }
}
