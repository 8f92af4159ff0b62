using System.Runtime.CompilerServices;

namespace ActorTrain.Kernels;

/// <summary>
/// <see cref="PatchProduct"/> where the window goes on by one pixel, without copies of pixels: a vector of columns is
/// loaded from the image, from a line into the next one. What the last pixels of a line give, where the window does not
/// fit, is dropped. Each element is the same chain over (c, y, x), so the bits are those of the product.
/// </summary>
internal static unsafe class LineProduct<TLanes, TVector>
    where TLanes : struct, ILanes<TVector> where TVector : struct
{
    // 256 KB of results, so that they stay in L2 until they are finished.
    private const int MostFloats = 1 << 16;

    /// <summary>Whether this is the faster way: few columns dropped, and the results of an image in cache.</summary>
    public static bool Suits(Patches patches, int channels) =>
        patches.Stride == 1 && Wide(patches) <= 2 * patches.Places
        && (long)channels * Wide(patches) <= MostFloats;

    /// <summary>As <see cref="PatchProduct.Run"/>; lengths have been checked.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(
        Patches patches, float* images, int count, float* weight, int channels, float* bias, bool relu, float* y)
    {
        var (depth, wide) = (patches.Depth, Wide(patches));
        var vectorsOfImage = (wide + TLanes.Count - 1) / TLanes.Count;
        var most = Math.Max(1, TLanes.PanelVectors / vectorsOfImage);
        var results = Math.Max(wide, TLanes.Count);
        // Vectors wider than an image's columns read beyond it, where the last one has nothing: images are copied.
        var copied = wide < TLanes.Count ? (most * patches.ImageLength) + TLanes.Count : 0;
        var listed = (most * vectorsOfImage) + 1;
        // Finishing a line reads whole vectors.
        var tileFloats = (channels * most * results) + TLanes.Count;
        var vectorFloats = listed * sizeof(LineVector) / sizeof(float);
        var tiles = Scratch.Take(tileFloats + copied + 1 + vectorFloats + depth);
        var copies = tiles + tileFloats;
        var vectors = (LineVector*)(((nint)(copies + copied) + sizeof(long) - 1) & -sizeof(long));
        var offsets = (int*)(vectors + listed);
        for (var k = 0; k < depth; k++) offsets[k] = patches.Offset(k);
        if (copied > 0) new Span<float>(copies, copied).Clear();
        for (var first = 0; first < count; first += most)
        {
            var group = Math.Min(most, count - first);
            var pixels = images + ((nint)first * patches.ImageLength);
            if (copied > 0)
            {
                new Span<float>(pixels, group * patches.ImageLength).CopyTo(new(copies, copied));
                pixels = copies;
            }
            var vectorCount = List(pixels, group, patches.ImageLength, wide, vectors);
            Multiply(weight, channels, depth, offsets, vectors, vectorCount, tiles, most * results);
            for (var i = 0; i < group; i++)
                for (var o = 0; o < channels; o++)
                    Finish(
                        patches, tiles + (((o * most) + i) * results), bias, o, relu,
                        y + ((((nint)(first + i) * channels) + o) * patches.Places));
        }
    }

    // Columns from the first place to the last, with those between lines.
    private static int Wide(Patches patches) => ((patches.Rows - 1) * patches.Width) + patches.Across;

    // The last vector of an image begins earlier, to end where the columns end: what it repeats comes out the same.
    private static int List(float* pixels, int images, int imageLength, int wide, LineVector* vectors)
    {
        var count = 0;
        for (var i = 0; i < images; i++)
            for (var at = 0; at < wide; at += TLanes.Count)
            {
                var start = Math.Max(0, Math.Min(at, wide - TLanes.Count));
                vectors[count].From = pixels + ((nint)i * imageLength) + start;
                vectors[count++].To = (i * Math.Max(wide, TLanes.Count)) + start;
            }
        // Three are a panel of four.
        vectors[count] = vectors[count - 1];
        return count;
    }

    private static void Multiply(
        float* weight, int channels, int depth, int* offsets, LineVector* vectors, int count, float* tiles, nint stride)
    {
        for (int o = 0, rows; o < channels; o += rows)
        {
            rows = Microkernel.RowsOf(channels - o);
            for (int v = 0, panel; v < count; v += panel)
            {
                panel = TLanes.PanelVectors == 4 && count - v >= 3 ? 4 : count - v >= 2 ? 2 : 1;
                float* a = weight + ((nint)o * depth), c = tiles + (o * stride);
                if (TLanes.PanelVectors == 4 && panel == 4)
                    RunPanel<Panel4>(rows, a, depth, offsets, vectors + v, c, stride);
                else if (panel == 2) RunPanel<Panel2>(rows, a, depth, offsets, vectors + v, c, stride);
                else RunPanel<Panel1>(rows, a, depth, offsets, vectors + v, c, stride);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void RunPanel<TPanel>(
        int rows, float* a, int depth, int* offsets, LineVector* vectors, float* c, nint stride)
        where TPanel : struct, IPanel
    {
        if (rows == 6) RunTile<TPanel, Six>(a, depth, offsets, vectors, c, stride);
        else if (rows == 4) RunTile<TPanel, Four>(a, depth, offsets, vectors, c, stride);
        else if (rows == 2) RunTile<TPanel, Two>(a, depth, offsets, vectors, c, stride);
        else RunTile<TPanel, One>(a, depth, offsets, vectors, c, stride);
    }

    // As the microkernels of Microkernel, but each vector of a row of B has a place of its own.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void RunTile<TPanel, TRows>(
        float* a, int depth, int* offsets, LineVector* vectors, float* c, nint stride)
        where TPanel : struct, IPanel where TRows : struct, IRowCount
    {
        TVector c00 = default, c01 = default, c02 = default, c03 = default;
        TVector c10 = default, c11 = default, c12 = default, c13 = default;
        TVector c20 = default, c21 = default, c22 = default, c23 = default;
        TVector c30 = default, c31 = default, c32 = default, c33 = default;
        TVector c40 = default, c41 = default, c42 = default, c43 = default;
        TVector c50 = default, c51 = default, c52 = default, c53 = default;
        TVector b0 = default, b1 = default, b2 = default, b3 = default;
        float* p0 = vectors[0].From, p1 = TPanel.Vectors >= 2 ? vectors[1].From : null;
        float* p2 = TPanel.Vectors == 4 ? vectors[2].From : null, p3 = TPanel.Vectors == 4 ? vectors[3].From : null;
        nint row1 = depth, row2 = 2 * row1;
        var a3 = a + (3 * row1);
        for (int* offset = offsets, end = offsets + depth; offset < end; offset++, a++, a3++)
        {
            nint at = *offset;
            b0 = TLanes.Load(p0 + at);
            if (TPanel.Vectors >= 2) b1 = TLanes.Load(p1 + at);
            if (TPanel.Vectors == 4) b2 = TLanes.Load(p2 + at);
            if (TPanel.Vectors == 4) b3 = TLanes.Load(p3 + at);
            Row<TLanes, TVector, TPanel>.Step(a, b0, b1, b2, b3, ref c00, ref c01, ref c02, ref c03);
            if (TRows.Count < 2) continue;
            Row<TLanes, TVector, TPanel>.Step(a + row1, b0, b1, b2, b3, ref c10, ref c11, ref c12, ref c13);
            if (TRows.Count < 4) continue;
            Row<TLanes, TVector, TPanel>.Step(a + row2, b0, b1, b2, b3, ref c20, ref c21, ref c22, ref c23);
            Row<TLanes, TVector, TPanel>.Step(a3, b0, b1, b2, b3, ref c30, ref c31, ref c32, ref c33);
            if (TRows.Count < 6) continue;
            Row<TLanes, TVector, TPanel>.Step(a3 + row1, b0, b1, b2, b3, ref c40, ref c41, ref c42, ref c43);
            Row<TLanes, TVector, TPanel>.Step(a3 + row2, b0, b1, b2, b3, ref c50, ref c51, ref c52, ref c53);
        }
        Store<TPanel>(c, vectors, c00, c01, c02, c03);
        if (TRows.Count < 2) return;
        Store<TPanel>(c + stride, vectors, c10, c11, c12, c13);
        if (TRows.Count < 4) return;
        Store<TPanel>(c + (2 * stride), vectors, c20, c21, c22, c23);
        Store<TPanel>(c + (3 * stride), vectors, c30, c31, c32, c33);
        if (TRows.Count < 6) return;
        Store<TPanel>(c + (4 * stride), vectors, c40, c41, c42, c43);
        Store<TPanel>(c + (5 * stride), vectors, c50, c51, c52, c53);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<TPanel>(
        float* row, LineVector* vectors, TVector c0, TVector c1, TVector c2, TVector c3)
        where TPanel : struct, IPanel
    {
        TLanes.Store(c0, row + vectors[0].To);
        if (TPanel.Vectors >= 2) TLanes.Store(c1, row + vectors[1].To);
        if (TPanel.Vectors < 4) return;
        TLanes.Store(c2, row + vectors[2].To);
        TLanes.Store(c3, row + vectors[3].To);
    }

    // A plane's lines, without what lies between them. What goes beyond a line is written again with the next.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Finish(Patches patches, float* from, float* bias, int o, bool relu, float* to)
    {
        var (across, width) = (patches.Across, patches.Width);
        var whole = (across + TLanes.Count - 1) / TLanes.Count * TLanes.Count;
        for (var end = to + patches.Places; to < end; from += width, to += across)
        {
            var i = 0;
            var limit = to + whole <= end ? whole : across;
            for (; i <= limit - TLanes.Count; i += TLanes.Count)
                PatchProduct<TLanes, TVector>.FinishOne<TLanes, TVector>(from + i, bias, o, relu, to + i);
            for (; i < limit; i++)
                PatchProduct<TLanes, TVector>.FinishOne<LanesScalar, float>(from + i, bias, o, relu, to + i);
        }
    }

    // A vector of columns: its first pixel in row 0 of the matrix, and where its result goes in a row of results.
    private struct LineVector
    {
        public float* From;
        public nint To;
    }

    private interface IRowCount
    {
        static abstract int Count { get; }
    }

    private readonly struct One : IRowCount
    {
        public static int Count => 1;
    }

    private readonly struct Two : IRowCount
    {
        public static int Count => 2;
    }

    private readonly struct Four : IRowCount
    {
        public static int Count => 4;
    }

    private readonly struct Six : IRowCount
    {
        public static int Count => 6;
    }
}
