using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ActorTrain.Kernels;

/// <summary>
/// The pixels under each place of a square window over images [C, H, W], as a matrix: row (c, y, x) of the window,
/// column (place). Image to columns and back; a product over such a matrix is a convolution.
/// </summary>
/// <param name="Channels">C.</param>
/// <param name="Height">H, with padding.</param>
/// <param name="Width">W, with padding.</param>
/// <param name="KernelSize">Pixels of the window's side.</param>
/// <param name="Stride">Pixels from one place to the next.</param>
internal readonly unsafe record struct Patches(int Channels, int Height, int Width, int KernelSize, int Stride)
{
    /// <summary>Rows of places.</summary>
    public int Rows => ((Height - KernelSize) / Stride) + 1;

    /// <summary>Places of a row.</summary>
    public int Across => ((Width - KernelSize) / Stride) + 1;

    /// <summary>Columns of one image.</summary>
    public int Places => Rows * Across;

    /// <summary>Rows of the matrix.</summary>
    public int Depth => Channels * KernelSize * KernelSize;

    /// <summary>Floats of an image.</summary>
    public int ImageLength => Channels * Height * Width;

    /// <summary>Which pixel of the window a row of the matrix is.</summary>
    public (int Channel, int Y, int X) PixelOf(int row) =>
        (row / (KernelSize * KernelSize), row / KernelSize % KernelSize, row % KernelSize);

    /// <summary>Where in an image the pixels of a row of the matrix begin.</summary>
    public int Offset(int row)
    {
        var (c, y, x) = PixelOf(row);
        return (((c * Height) + y) * Width) + x;
    }

    /// <summary>Columns of images one after another, as runs along their lines.</summary>
    /// <param name="pixels">The first image.</param>
    /// <param name="first">The first column.</param>
    /// <param name="count">How many columns.</param>
    /// <param name="runs">Written; as many as columns at most.</param>
    /// <returns>How many runs.</returns>
    public int Runs(float* pixels, int first, int count, PixelRun* runs)
    {
        var (rows, across, runCount) = (Rows, Across, 0);
        var (line, x) = (first / across, first % across);
        var (image, y) = (line / rows, line % rows);
        for (int left = count, length; left > 0; left -= length)
        {
            length = Math.Min(across - x, left);
            runs[runCount].From = pixels + ((nint)image * ImageLength) + (((y * Width) + x) * Stride);
            runs[runCount++].Length = length;
            x = 0;
            if (++y < rows) continue;
            y = 0;
            image++;
        }
        return runCount;
    }

    /// <summary>Writes an image's columns.</summary>
    /// <param name="image">[C, H, W].</param>
    /// <param name="columns">From the first of them on.</param>
    /// <param name="columnsStride">Floats from one row of the matrix to the next.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Gather(ReadOnlySpan<float> image, Span<float> columns, int columnsStride)
    {
        Check(image.Length, columns.Length, columnsStride);
        var (rows, across, skip) = (Rows, Across, columnsStride - Places);
        fixed (float* pixels = image, start = columns)
        {
            var to = start;
            for (var row = 0; row < Depth; row++, to += skip)
            {
                var from = pixels + Offset(row);
                for (var y = 0; y < rows; y++, from += Stride * Width, to += across)
                    if (Stride == 1) Packing.CopyRow<Lanes256, Vector256<float>>(from, across, to);
                    else
                        for (var x = 0; x < across; x++) to[x] = from[x * Stride];
            }
        }
    }

    /// <summary>Adds columns to the pixels that they came from, row of the matrix after row.</summary>
    /// <param name="columns">From the image's first on.</param>
    /// <param name="columnsStride">Floats from one row of the matrix to the next.</param>
    /// <param name="image">[C, H, W].</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Scatter(ReadOnlySpan<float> columns, int columnsStride, Span<float> image)
    {
        Check(image.Length, columns.Length, columnsStride);
        var (rows, across, skip) = (Rows, Across, columnsStride - Places);
        fixed (float* pixels = image, start = columns)
        {
            var from = start;
            for (var row = 0; row < Depth; row++, from += skip)
            {
                var to = pixels + Offset(row);
                for (var y = 0; y < rows; y++, to += Stride * Width, from += across)
                    if (Stride == 1) AddRow(from, across, to);
                    else
                        for (var x = 0; x < across; x++) to[x * Stride] += from[x];
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddRow(float* from, int count, float* to)
    {
        var i = 0;
        for (; i <= count - Lanes256.Count; i += Lanes256.Count)
            Lanes256.Store(Lanes256.Add(Lanes256.Load(to + i), Lanes256.Load(from + i)), to + i);
        for (; i < count; i++) to[i] += from[i];
    }

    private void Check(int image, int columns, int columnsStride)
    {
        if (image != ImageLength || columnsStride < Places || columns < ((Depth - 1) * columnsStride) + Places)
            throw new ArgumentException(
                $"{this}: an image of {image} floats, columns of {columns}, {columnsStride} apart; give "
                + $"{ImageLength} and at least {((Depth - 1) * Math.Max(Places, columnsStride)) + Places}.");
    }
}
