using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ActorTrain.Kernels;

/// <summary>
/// The product of weights [O, C·k·k] and the columns of images, without writing these down: a micropanel of columns is
/// copied from the pixels where <see cref="Gemm{TLanes, TVector}"/> would pack it from a matrix, and stays in L1 while
/// the tiles of all O pass. Each element is the same chain over (c, y, x), so the bits are those of the product.
/// </summary>
internal static class PatchProduct
{
    /// <summary>y [N, O, places] = bias [O] + weight · columns; then ReLU, if asked.</summary>
    /// <param name="patches">How the window goes over an image.</param>
    /// <param name="images">[N, C, H, W], with padding.</param>
    /// <param name="weight">[O, C·k·k].</param>
    /// <param name="bias">[O], or empty.</param>
    /// <param name="relu">Whether what is not above 0 becomes 0.</param>
    /// <param name="y">[N, O, places].</param>
    /// <exception cref="ArgumentException">Lengths that do not fit together.</exception>
    public static void Run(
        Patches patches, ReadOnlySpan<float> images, MatrixView weight, ReadOnlySpan<float> bias, bool relu,
        Span<float> y)
    {
        if (Vector512.IsHardwareAccelerated)
            PatchProduct<Lanes512, Vector512<float>>.Run(patches, images, weight, bias, relu, y);
        else if (Vector256.IsHardwareAccelerated)
            PatchProduct<Lanes256, Vector256<float>>.Run(patches, images, weight, bias, relu, y);
        else if (Vector128.IsHardwareAccelerated)
            PatchProduct<Lanes128, Vector128<float>>.Run(patches, images, weight, bias, relu, y);
        else PatchProduct<LanesScalar, float>.Run(patches, images, weight, bias, relu, y);
    }
}

/// <summary>The same at one vector width.</summary>
internal static unsafe class PatchProduct<TLanes, TVector>
    where TLanes : struct, ILanes<TVector> where TVector : struct
{
    /// <summary>As <see cref="PatchProduct.Run"/>.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(
        Patches patches, ReadOnlySpan<float> images, MatrixView weight, ReadOnlySpan<float> bias, bool relu,
        Span<float> y)
    {
        var (channels, depth, places) = (weight.Rows, patches.Depth, patches.Places);
        var columns = images.Length / patches.ImageLength * places;
        if (images.Length % patches.ImageLength != 0 || weight.Columns != depth || weight.Stride != depth
            || weight.Data.Length < channels * depth || y.Length != columns * channels
            || (!bias.IsEmpty && bias.Length != channels))
            throw new ArgumentException(
                $"{patches}: {images.Length} pixels, weight [{channels}, {weight.Columns}], {bias.Length} biases and "
                + $"{y.Length} results do not fit together.");
        if (LineProduct<TLanes, TVector>.Suits(patches, channels))
        {
            fixed (float* pixels = images, w = weight.Data, b = bias, to = y)
                LineProduct<TLanes, TVector>.Run(patches, pixels, columns / places, w, channels, b, relu, to);
            return;
        }
        var nr = Gemm<TLanes, TVector>.Nr;
        var parts = (depth + Gemm<TLanes, TVector>.Kc - 1) / Gemm<TLanes, TVector>.Kc;
        var kc = (depth + parts - 1) / parts;
        // A copy may go beyond its run, into the next one, and the last one beyond the panel.
        var panel = Scratch.Take(((kc + channels + 1) * nr) + depth);
        var tiles = panel + ((kc + 1) * nr);
        var offsets = (int*)(tiles + (channels * nr));
        for (var k = 0; k < depth; k++) offsets[k] = patches.Offset(k);
        var runs = stackalloc PixelRun[nr];
        fixed (float* pixels = images, w = weight.Data, b = bias, to = y)
            for (var first = 0; first < columns; first += nr)
            {
                var width = Math.Min(nr, columns - first);
                var vectors = Microkernel.VectorsOf<TLanes, TVector>(width);
                var end = pixels + images.Length - offsets[depth - 1];
                var count = patches.Runs(pixels, first, width, runs);
                for (var k = 0; k < depth; k += kc)
                {
                    var steps = Math.Min(kc, depth - k);
                    // What no column fills must be numbers that cost no more than others.
                    if (width != vectors * TLanes.Count) new Span<float>(panel, steps * vectors * TLanes.Count).Clear();
                    for (var step = 0; step < steps; step++)
                        Pack(
                            patches.Stride, offsets[k + step], runs, count, end,
                            panel + (step * vectors * TLanes.Count));
                    Multiply(w + k, depth, channels, panel, steps, vectors, tiles, continues: k > 0);
                }
                Finish(tiles, first, width, channels, places, b, relu, to);
            }
    }

    // One row of a panel. A copy may go beyond its run: what comes next is written later.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Pack(int stride, int offset, PixelRun* runs, int count, float* end, float* to)
    {
        for (var r = 0; r < count; r++)
        {
            var from = runs[r].From + offset;
            var length = runs[r].Length;
            if (stride != 1)
                for (var i = 0; i < length; i++) to[i] = from[i * stride];
            else if (runs[r].From + length + TLanes.Count <= end)
                for (var i = 0; i < length; i += TLanes.Count) TLanes.Store(TLanes.Load(from + i), to + i);
            else Packing.CopyRow<TLanes, TVector>(from, length, to);
            to += length;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Multiply(
        float* weight, int depth, int channels, float* panel, int steps, int vectors, float* tiles, bool continues)
    {
        var nr = Gemm<TLanes, TVector>.Nr;
        var tile = new Tile
        {
            A = weight,
            AStride = depth,
            B = panel,
            BStride = vectors * TLanes.Count,
            K = steps,
            C = tiles,
        };
        tile.CStride = tile.StartStride = nr;
        for (int o = 0, rows; o < channels; o += rows)
        {
            rows = Microkernel.RowsOf(channels - o);
            tile.Start = continues ? tile.C : null;
            Microkernel.Run<TLanes, TVector, RowMajorA, ReadsB>(vectors, rows, tile);
            tile.A += rows * tile.AStride;
            tile.C += rows * nr;
        }
    }

    // From tiles [O, NR] to images [N, O, places], with what follows the chain.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Finish(
        float* tiles, int first, int width, int channels, int places, float* bias, bool relu, float* y)
    {
        for (int at = 0, length; at < width; at += length)
        {
            var (image, place) = ((first + at) / places, (first + at) % places);
            length = Math.Min(width - at, places - place);
            var from = tiles + at;
            var to = y + ((nint)image * channels * places) + place;
            for (var o = 0; o < channels; o++, from += Gemm<TLanes, TVector>.Nr, to += places)
            {
                var i = 0;
                for (; i <= length - TLanes.Count; i += TLanes.Count)
                    FinishOne<TLanes, TVector>(from + i, bias, o, relu, to + i);
                for (; i <= length - Lanes128.Count; i += Lanes128.Count)
                    FinishOne<Lanes128, Vector128<float>>(from + i, bias, o, relu, to + i);
                for (; i < length; i++) FinishOne<LanesScalar, float>(from + i, bias, o, relu, to + i);
            }
        }
    }

    /// <summary>A vector of chains with what follows them: bias and ReLU.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void FinishOne<TSome, TSomeVector>(float* from, float* bias, int o, bool relu, float* to)
        where TSome : struct, ILanes<TSomeVector> where TSomeVector : struct
    {
        var v = TSome.Load(from);
        if (bias != null) v = TSome.Add(v, TSome.Create(bias[o]));
        if (relu) v = TSome.ClearWhereAtMost0(v, v);
        TSome.Store(v, to);
    }
}

/// <summary>Neighbouring columns whose pixels are neighbours too, for each row of the matrix.</summary>
internal unsafe struct PixelRun
{
    /// <summary>The first one's pixel in row 0.</summary>
    public float* From;

    /// <summary>How many columns.</summary>
    public int Length;
}
