using System.Runtime.CompilerServices;

namespace ActorTrain.Kernels;

/// <summary>
/// The microkernels: each element of a tile of C is one chain of fused multiply-adds over k, ascending. Accumulators
/// are locals because the JIT keeps only locals in registers; hence one body for each number of rows.
/// </summary>
/// <remarks>
/// For each k, MR·V multiply-adds (V vectors in a row) need MR broadcasts and V loads. 6×4 asks 10 loads for 24
/// multiply-adds, 0.42 each, where 8×2 asks 0.63 and was measured 10 % slower; 6×2 is what 16 registers hold. Chains
/// in flight: 24 and 12, where latency (4) × ports (2) asks 8.
/// </remarks>
internal static unsafe class Microkernel
{
    /// <summary>MR: the most rows of a tile.</summary>
    public const int MaxRows = 6;

    /// <summary>
    /// How many rows the next tile takes of <paramref name="left"/>. Eight are 4 + 4: 6 + 2 would be slower.
    /// </summary>
    public static int RowsOf(int left) => left >= 6 && left != 8 ? 6 : left >= 4 ? 4 : left >= 2 ? 2 : 1;

    /// <summary>
    /// How many vectors a panel takes for <paramref name="columns"/> columns, at most a full panel's.
    /// </summary>
    public static int VectorsOf<TLanes, TVector>(int columns)
        where TLanes : struct, ILanes<TVector> where TVector : struct =>
        columns <= TLanes.Count ? 1 : columns <= 2 * TLanes.Count ? 2 : TLanes.PanelVectors;

    /// <summary>
    /// Runs the microkernel for a panel of <paramref name="vectors"/> and a tile of <paramref name="rows"/>; the
    /// numbers are those of <see cref="VectorsOf"/> and <see cref="RowsOf"/>.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Run<TLanes, TVector, TLayout, TPacking>(int vectors, int rows, in Tile tile)
        where TLanes : struct, ILanes<TVector> where TVector : struct
        where TLayout : struct, ILayoutOfA where TPacking : struct, IPacking
    {
        if (TLanes.PanelVectors == 4 && vectors == 4) RunPanel<TLanes, TVector, Panel4, TLayout, TPacking>(rows, tile);
        else if (vectors == 2) RunPanel<TLanes, TVector, Panel2, TLayout, TPacking>(rows, tile);
        else RunPanel<TLanes, TVector, Panel1, TLayout, TPacking>(rows, tile);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void RunPanel<TLanes, TVector, TPanel, TLayout, TPacking>(int rows, in Tile tile)
        where TLanes : struct, ILanes<TVector> where TVector : struct
        where TPanel : struct, IPanel where TLayout : struct, ILayoutOfA where TPacking : struct, IPacking
    {
        if (rows == 6) Rows6<TLanes, TVector, TPanel, TLayout, TPacking>(tile);
        else if (rows == 4) Rows4<TLanes, TVector, TPanel, TLayout, TPacking>(tile);
        else if (rows == 2) Rows2<TLanes, TVector, TPanel, TLayout, TPacking>(tile);
        else Rows1<TLanes, TVector, TPanel, TLayout, TPacking>(tile);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Rows6<TLanes, TVector, TPanel, TLayout, TPacking>(in Tile tile)
        where TLanes : struct, ILanes<TVector> where TVector : struct
        where TPanel : struct, IPanel where TLayout : struct, ILayoutOfA where TPacking : struct, IPacking
    {
        TVector c00 = default, c01 = default, c02 = default, c03 = default;
        TVector c10 = default, c11 = default, c12 = default, c13 = default;
        TVector c20 = default, c21 = default, c22 = default, c23 = default;
        TVector c30 = default, c31 = default, c32 = default, c33 = default;
        TVector c40 = default, c41 = default, c42 = default, c43 = default;
        TVector c50 = default, c51 = default, c52 = default, c53 = default;
        TVector b0 = default, b1 = default, b2 = default, b3 = default;
        nint chain = TLayout.ChainStep(tile.AStride), bStride = tile.BStride, panel = TPanel.Vectors * TLanes.Count;
        nint prefetchStride = tile.PrefetchStride;
        nint row1 = TLayout.RowStep(tile.AStride), row2 = 2 * row1, row3 = 3 * row1, row4 = 4 * row1, row5 = 5 * row1;
        nint cStride = tile.CStride;
        float* a = tile.A, b = tile.B, packed = tile.Packed, prefetch = tile.Prefetch, c = tile.C;
        float* start = tile.Start;
        if (start != null)
        {
            nint startStride = tile.StartStride;
            Row<TLanes, TVector, TPanel>.Load(start, ref c00, ref c01, ref c02, ref c03);
            Row<TLanes, TVector, TPanel>.Load(start + startStride, ref c10, ref c11, ref c12, ref c13);
            Row<TLanes, TVector, TPanel>.Load(start + (2 * startStride), ref c20, ref c21, ref c22, ref c23);
            Row<TLanes, TVector, TPanel>.Load(start + (3 * startStride), ref c30, ref c31, ref c32, ref c33);
            Row<TLanes, TVector, TPanel>.Load(start + (4 * startStride), ref c40, ref c41, ref c42, ref c43);
            Row<TLanes, TVector, TPanel>.Load(start + (5 * startStride), ref c50, ref c51, ref c52, ref c53);
        }
        if (tile.FetchesNextC)
            for (var row = MaxRows; row < 2 * MaxRows; row++)
                Row<TLanes, TVector, TPanel>.Prefetch(c + (row * cStride));
        for (var k = tile.K; k > 0; k--, a += chain, b += bStride)
        {
            Row<TLanes, TVector, TPanel>.Load(b, ref b0, ref b1, ref b2, ref b3);
            if (TPacking.Packs)
            {
                Row<TLanes, TVector, TPanel>.Store(packed, b0, b1, b2, b3);
                packed += panel;
            }
            if (TPacking.Prefetches)
            {
                Packing.Prefetch(prefetch);
                prefetch += prefetchStride;
            }
            Row<TLanes, TVector, TPanel>.Step(a, b0, b1, b2, b3, ref c00, ref c01, ref c02, ref c03);
            Row<TLanes, TVector, TPanel>.Step(a + row1, b0, b1, b2, b3, ref c10, ref c11, ref c12, ref c13);
            Row<TLanes, TVector, TPanel>.Step(a + row2, b0, b1, b2, b3, ref c20, ref c21, ref c22, ref c23);
            Row<TLanes, TVector, TPanel>.Step(a + row3, b0, b1, b2, b3, ref c30, ref c31, ref c32, ref c33);
            Row<TLanes, TVector, TPanel>.Step(a + row4, b0, b1, b2, b3, ref c40, ref c41, ref c42, ref c43);
            Row<TLanes, TVector, TPanel>.Step(a + row5, b0, b1, b2, b3, ref c50, ref c51, ref c52, ref c53);
        }
        var addend = tile.Addend;
        for (var left = tile.Addends; left > 0; left--, addend += tile.AddendStep)
        {
            Row<TLanes, TVector, TPanel>.Add(addend, ref c00, ref c01, ref c02, ref c03);
            Row<TLanes, TVector, TPanel>.Add(addend + tile.AddendStride, ref c10, ref c11, ref c12, ref c13);
            Row<TLanes, TVector, TPanel>.Add(addend + (2 * tile.AddendStride), ref c20, ref c21, ref c22, ref c23);
            Row<TLanes, TVector, TPanel>.Add(addend + (3 * tile.AddendStride), ref c30, ref c31, ref c32, ref c33);
            Row<TLanes, TVector, TPanel>.Add(addend + (4 * tile.AddendStride), ref c40, ref c41, ref c42, ref c43);
            Row<TLanes, TVector, TPanel>.Add(addend + (5 * tile.AddendStride), ref c50, ref c51, ref c52, ref c53);
        }
        Row<TLanes, TVector, TPanel>.Store(c, c00, c01, c02, c03);
        Row<TLanes, TVector, TPanel>.Store(c + cStride, c10, c11, c12, c13);
        Row<TLanes, TVector, TPanel>.Store(c + (2 * cStride), c20, c21, c22, c23);
        Row<TLanes, TVector, TPanel>.Store(c + (3 * cStride), c30, c31, c32, c33);
        Row<TLanes, TVector, TPanel>.Store(c + (4 * cStride), c40, c41, c42, c43);
        Row<TLanes, TVector, TPanel>.Store(c + (5 * cStride), c50, c51, c52, c53);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Rows4<TLanes, TVector, TPanel, TLayout, TPacking>(in Tile tile)
        where TLanes : struct, ILanes<TVector> where TVector : struct
        where TPanel : struct, IPanel where TLayout : struct, ILayoutOfA where TPacking : struct, IPacking
    {
        TVector c00 = default, c01 = default, c02 = default, c03 = default;
        TVector c10 = default, c11 = default, c12 = default, c13 = default;
        TVector c20 = default, c21 = default, c22 = default, c23 = default;
        TVector c30 = default, c31 = default, c32 = default, c33 = default;
        TVector b0 = default, b1 = default, b2 = default, b3 = default;
        nint chain = TLayout.ChainStep(tile.AStride), bStride = tile.BStride, panel = TPanel.Vectors * TLanes.Count;
        nint prefetchStride = tile.PrefetchStride;
        nint row1 = TLayout.RowStep(tile.AStride), row2 = 2 * row1, row3 = 3 * row1;
        nint cStride = tile.CStride;
        float* a = tile.A, b = tile.B, packed = tile.Packed, prefetch = tile.Prefetch, c = tile.C;
        float* start = tile.Start;
        if (start != null)
        {
            nint startStride = tile.StartStride;
            Row<TLanes, TVector, TPanel>.Load(start, ref c00, ref c01, ref c02, ref c03);
            Row<TLanes, TVector, TPanel>.Load(start + startStride, ref c10, ref c11, ref c12, ref c13);
            Row<TLanes, TVector, TPanel>.Load(start + (2 * startStride), ref c20, ref c21, ref c22, ref c23);
            Row<TLanes, TVector, TPanel>.Load(start + (3 * startStride), ref c30, ref c31, ref c32, ref c33);
        }
        for (var k = tile.K; k > 0; k--, a += chain, b += bStride)
        {
            Row<TLanes, TVector, TPanel>.Load(b, ref b0, ref b1, ref b2, ref b3);
            if (TPacking.Packs)
            {
                Row<TLanes, TVector, TPanel>.Store(packed, b0, b1, b2, b3);
                packed += panel;
            }
            if (TPacking.Prefetches)
            {
                Packing.Prefetch(prefetch);
                prefetch += prefetchStride;
            }
            Row<TLanes, TVector, TPanel>.Step(a, b0, b1, b2, b3, ref c00, ref c01, ref c02, ref c03);
            Row<TLanes, TVector, TPanel>.Step(a + row1, b0, b1, b2, b3, ref c10, ref c11, ref c12, ref c13);
            Row<TLanes, TVector, TPanel>.Step(a + row2, b0, b1, b2, b3, ref c20, ref c21, ref c22, ref c23);
            Row<TLanes, TVector, TPanel>.Step(a + row3, b0, b1, b2, b3, ref c30, ref c31, ref c32, ref c33);
        }
        var addend = tile.Addend;
        for (var left = tile.Addends; left > 0; left--, addend += tile.AddendStep)
        {
            Row<TLanes, TVector, TPanel>.Add(addend, ref c00, ref c01, ref c02, ref c03);
            Row<TLanes, TVector, TPanel>.Add(addend + tile.AddendStride, ref c10, ref c11, ref c12, ref c13);
            Row<TLanes, TVector, TPanel>.Add(addend + (2 * tile.AddendStride), ref c20, ref c21, ref c22, ref c23);
            Row<TLanes, TVector, TPanel>.Add(addend + (3 * tile.AddendStride), ref c30, ref c31, ref c32, ref c33);
        }
        Row<TLanes, TVector, TPanel>.Store(c, c00, c01, c02, c03);
        Row<TLanes, TVector, TPanel>.Store(c + cStride, c10, c11, c12, c13);
        Row<TLanes, TVector, TPanel>.Store(c + (2 * cStride), c20, c21, c22, c23);
        Row<TLanes, TVector, TPanel>.Store(c + (3 * cStride), c30, c31, c32, c33);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Rows2<TLanes, TVector, TPanel, TLayout, TPacking>(in Tile tile)
        where TLanes : struct, ILanes<TVector> where TVector : struct
        where TPanel : struct, IPanel where TLayout : struct, ILayoutOfA where TPacking : struct, IPacking
    {
        TVector c00 = default, c01 = default, c02 = default, c03 = default;
        TVector c10 = default, c11 = default, c12 = default, c13 = default;
        TVector b0 = default, b1 = default, b2 = default, b3 = default;
        nint chain = TLayout.ChainStep(tile.AStride), bStride = tile.BStride, panel = TPanel.Vectors * TLanes.Count;
        nint prefetchStride = tile.PrefetchStride;
        nint row1 = TLayout.RowStep(tile.AStride);
        nint cStride = tile.CStride;
        float* a = tile.A, b = tile.B, packed = tile.Packed, prefetch = tile.Prefetch, c = tile.C;
        float* start = tile.Start;
        if (start != null)
        {
            nint startStride = tile.StartStride;
            Row<TLanes, TVector, TPanel>.Load(start, ref c00, ref c01, ref c02, ref c03);
            Row<TLanes, TVector, TPanel>.Load(start + startStride, ref c10, ref c11, ref c12, ref c13);
        }
        for (var k = tile.K; k > 0; k--, a += chain, b += bStride)
        {
            Row<TLanes, TVector, TPanel>.Load(b, ref b0, ref b1, ref b2, ref b3);
            if (TPacking.Packs)
            {
                Row<TLanes, TVector, TPanel>.Store(packed, b0, b1, b2, b3);
                packed += panel;
            }
            if (TPacking.Prefetches)
            {
                Packing.Prefetch(prefetch);
                prefetch += prefetchStride;
            }
            Row<TLanes, TVector, TPanel>.Step(a, b0, b1, b2, b3, ref c00, ref c01, ref c02, ref c03);
            Row<TLanes, TVector, TPanel>.Step(a + row1, b0, b1, b2, b3, ref c10, ref c11, ref c12, ref c13);
        }
        var addend = tile.Addend;
        for (var left = tile.Addends; left > 0; left--, addend += tile.AddendStep)
        {
            Row<TLanes, TVector, TPanel>.Add(addend, ref c00, ref c01, ref c02, ref c03);
            Row<TLanes, TVector, TPanel>.Add(addend + tile.AddendStride, ref c10, ref c11, ref c12, ref c13);
        }
        Row<TLanes, TVector, TPanel>.Store(c, c00, c01, c02, c03);
        Row<TLanes, TVector, TPanel>.Store(c + cStride, c10, c11, c12, c13);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Rows1<TLanes, TVector, TPanel, TLayout, TPacking>(in Tile tile)
        where TLanes : struct, ILanes<TVector> where TVector : struct
        where TPanel : struct, IPanel where TLayout : struct, ILayoutOfA where TPacking : struct, IPacking
    {
        TVector c00 = default, c01 = default, c02 = default, c03 = default;
        TVector b0 = default, b1 = default, b2 = default, b3 = default;
        nint chain = TLayout.ChainStep(tile.AStride), bStride = tile.BStride, panel = TPanel.Vectors * TLanes.Count;
        nint prefetchStride = tile.PrefetchStride;
        float* a = tile.A, b = tile.B, packed = tile.Packed, prefetch = tile.Prefetch, c = tile.C;
        float* start = tile.Start;
        if (start != null)
        {
            nint startStride = tile.StartStride;
            Row<TLanes, TVector, TPanel>.Load(start, ref c00, ref c01, ref c02, ref c03);
        }
        for (var k = tile.K; k > 0; k--, a += chain, b += bStride)
        {
            Row<TLanes, TVector, TPanel>.Load(b, ref b0, ref b1, ref b2, ref b3);
            if (TPacking.Packs)
            {
                Row<TLanes, TVector, TPanel>.Store(packed, b0, b1, b2, b3);
                packed += panel;
            }
            if (TPacking.Prefetches)
            {
                Packing.Prefetch(prefetch);
                prefetch += prefetchStride;
            }
            Row<TLanes, TVector, TPanel>.Step(a, b0, b1, b2, b3, ref c00, ref c01, ref c02, ref c03);
        }
        var addend = tile.Addend;
        for (var left = tile.Addends; left > 0; left--, addend += tile.AddendStep)
        {
            Row<TLanes, TVector, TPanel>.Add(addend, ref c00, ref c01, ref c02, ref c03);
        }
        Row<TLanes, TVector, TPanel>.Store(c, c00, c01, c02, c03);
    }
}
