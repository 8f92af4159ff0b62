using System.Runtime.CompilerServices;

namespace ActorTrain.Kernels;

/// <summary>
/// The microkernels: C[MR×2 vectors] = chain of fused multiply-adds over k, ascending, for each element. Accumulators
/// are locals because the JIT keeps only locals in registers; hence one body for each number of rows.
/// </summary>
/// <remarks>
/// For each k, 2·MR multiply-adds need MR broadcasts and 2 loads: 8×2 asks 10 loads of the 16 that two load ports
/// give while two FMA ports work 8 cycles, and has 16 chains where latency (4) × ports (2) asks 8.
/// </remarks>
internal static unsafe partial class Microkernel
{
    /// <summary>The most rows that a tile takes of <paramref name="left"/> rows.</summary>
    public static int RowsOf<TLanes, TVector>(int left) where TLanes : struct, ILanes<TVector> where TVector : struct =>
        left >= TLanes.MaxTileRows ? TLanes.MaxTileRows : left >= 4 ? 4 : left >= 2 ? 2 : 1;

    /// <summary>Runs the microkernel for <paramref name="rows"/> rows, a number that <see cref="RowsOf"/> gives.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Run<TLanes, TVector, TLayout, TPacking>(int rows, in Tile tile)
        where TLanes : struct, ILanes<TVector> where TVector : struct
        where TLayout : struct, ILayoutOfA where TPacking : struct, IPacking
    {
        if (TLanes.MaxTileRows == 8 && rows == 8) Rows8<TLanes, TVector, TLayout, TPacking>(tile);
        else if (TLanes.MaxTileRows == 6 && rows == 6) Rows6<TLanes, TVector, TLayout, TPacking>(tile);
        else if (rows == 4) Rows4<TLanes, TVector, TLayout, TPacking>(tile);
        else if (rows == 2) Rows2<TLanes, TVector, TLayout, TPacking>(tile);
        else Rows1<TLanes, TVector, TLayout, TPacking>(tile);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Rows4<TLanes, TVector, TLayout, TPacking>(in Tile tile)
        where TLanes : struct, ILanes<TVector> where TVector : struct
        where TLayout : struct, ILayoutOfA where TPacking : struct, IPacking
    {
        TVector c00 = default, c01 = default, c10 = default, c11 = default, c20 = default, c21 = default, c30 = default, c31 = default;
        nint lanes = TLanes.Count, chain = TLayout.ChainStep(tile.AStride), bStride = tile.BStride;
        nint row1 = TLayout.RowStep(tile.AStride), row2 = 2 * row1, row3 = 3 * row1;
        float* a = tile.A, b = tile.B, packed = tile.Packed, c = tile.C;
        if (tile.Continues)
        {
            c00 = TLanes.Load(c);
            c01 = TLanes.Load(c + lanes);
            c10 = TLanes.Load(c + tile.CStride);
            c11 = TLanes.Load(c + tile.CStride + lanes);
            c20 = TLanes.Load(c + (2 * tile.CStride));
            c21 = TLanes.Load(c + (2 * tile.CStride) + lanes);
            c30 = TLanes.Load(c + (3 * tile.CStride));
            c31 = TLanes.Load(c + (3 * tile.CStride) + lanes);
        }
        for (var k = tile.K; k > 0; k--)
        {
            TVector b0 = TLanes.Load(b), b1 = TLanes.Load(b + lanes);
            b += bStride;
            if (TPacking.Packs)
            {
                TLanes.Store(b0, packed);
                TLanes.Store(b1, packed + lanes);
                packed += 2 * lanes;
            }
            var x = TLanes.Create(*a);
            c00 = TLanes.FusedMultiplyAdd(x, b0, c00);
            c01 = TLanes.FusedMultiplyAdd(x, b1, c01);
            x = TLanes.Create(a[row1]);
            c10 = TLanes.FusedMultiplyAdd(x, b0, c10);
            c11 = TLanes.FusedMultiplyAdd(x, b1, c11);
            x = TLanes.Create(a[row2]);
            c20 = TLanes.FusedMultiplyAdd(x, b0, c20);
            c21 = TLanes.FusedMultiplyAdd(x, b1, c21);
            x = TLanes.Create(a[row3]);
            c30 = TLanes.FusedMultiplyAdd(x, b0, c30);
            c31 = TLanes.FusedMultiplyAdd(x, b1, c31);
            a += chain;
        }
        var addend = tile.Addend;
        for (var left = tile.Addends; left > 0; left--, addend += tile.AddendStep)
        {
            c00 = TLanes.Add(TLanes.Load(addend), c00);
            c01 = TLanes.Add(TLanes.Load(addend + lanes), c01);
            c10 = TLanes.Add(TLanes.Load(addend + tile.AddendStride), c10);
            c11 = TLanes.Add(TLanes.Load(addend + tile.AddendStride + lanes), c11);
            c20 = TLanes.Add(TLanes.Load(addend + (2 * tile.AddendStride)), c20);
            c21 = TLanes.Add(TLanes.Load(addend + (2 * tile.AddendStride) + lanes), c21);
            c30 = TLanes.Add(TLanes.Load(addend + (3 * tile.AddendStride)), c30);
            c31 = TLanes.Add(TLanes.Load(addend + (3 * tile.AddendStride) + lanes), c31);
        }
        TLanes.Store(c00, c);
        TLanes.Store(c01, c + lanes);
        TLanes.Store(c10, c + tile.CStride);
        TLanes.Store(c11, c + tile.CStride + lanes);
        TLanes.Store(c20, c + (2 * tile.CStride));
        TLanes.Store(c21, c + (2 * tile.CStride) + lanes);
        TLanes.Store(c30, c + (3 * tile.CStride));
        TLanes.Store(c31, c + (3 * tile.CStride) + lanes);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Rows2<TLanes, TVector, TLayout, TPacking>(in Tile tile)
        where TLanes : struct, ILanes<TVector> where TVector : struct
        where TLayout : struct, ILayoutOfA where TPacking : struct, IPacking
    {
        TVector c00 = default, c01 = default, c10 = default, c11 = default;
        nint lanes = TLanes.Count, chain = TLayout.ChainStep(tile.AStride), bStride = tile.BStride;
        nint row1 = TLayout.RowStep(tile.AStride);
        float* a = tile.A, b = tile.B, packed = tile.Packed, c = tile.C;
        if (tile.Continues)
        {
            c00 = TLanes.Load(c);
            c01 = TLanes.Load(c + lanes);
            c10 = TLanes.Load(c + tile.CStride);
            c11 = TLanes.Load(c + tile.CStride + lanes);
        }
        for (var k = tile.K; k > 0; k--)
        {
            TVector b0 = TLanes.Load(b), b1 = TLanes.Load(b + lanes);
            b += bStride;
            if (TPacking.Packs)
            {
                TLanes.Store(b0, packed);
                TLanes.Store(b1, packed + lanes);
                packed += 2 * lanes;
            }
            var x = TLanes.Create(*a);
            c00 = TLanes.FusedMultiplyAdd(x, b0, c00);
            c01 = TLanes.FusedMultiplyAdd(x, b1, c01);
            x = TLanes.Create(a[row1]);
            c10 = TLanes.FusedMultiplyAdd(x, b0, c10);
            c11 = TLanes.FusedMultiplyAdd(x, b1, c11);
            a += chain;
        }
        var addend = tile.Addend;
        for (var left = tile.Addends; left > 0; left--, addend += tile.AddendStep)
        {
            c00 = TLanes.Add(TLanes.Load(addend), c00);
            c01 = TLanes.Add(TLanes.Load(addend + lanes), c01);
            c10 = TLanes.Add(TLanes.Load(addend + tile.AddendStride), c10);
            c11 = TLanes.Add(TLanes.Load(addend + tile.AddendStride + lanes), c11);
        }
        TLanes.Store(c00, c);
        TLanes.Store(c01, c + lanes);
        TLanes.Store(c10, c + tile.CStride);
        TLanes.Store(c11, c + tile.CStride + lanes);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Rows1<TLanes, TVector, TLayout, TPacking>(in Tile tile)
        where TLanes : struct, ILanes<TVector> where TVector : struct
        where TLayout : struct, ILayoutOfA where TPacking : struct, IPacking
    {
        TVector c00 = default, c01 = default;
        nint lanes = TLanes.Count, chain = TLayout.ChainStep(tile.AStride), bStride = tile.BStride;
        float* a = tile.A, b = tile.B, packed = tile.Packed, c = tile.C;
        if (tile.Continues)
        {
            c00 = TLanes.Load(c);
            c01 = TLanes.Load(c + lanes);
        }
        for (var k = tile.K; k > 0; k--)
        {
            TVector b0 = TLanes.Load(b), b1 = TLanes.Load(b + lanes);
            b += bStride;
            if (TPacking.Packs)
            {
                TLanes.Store(b0, packed);
                TLanes.Store(b1, packed + lanes);
                packed += 2 * lanes;
            }
            var x = TLanes.Create(*a);
            c00 = TLanes.FusedMultiplyAdd(x, b0, c00);
            c01 = TLanes.FusedMultiplyAdd(x, b1, c01);
            a += chain;
        }
        var addend = tile.Addend;
        for (var left = tile.Addends; left > 0; left--, addend += tile.AddendStep)
        {
            c00 = TLanes.Add(TLanes.Load(addend), c00);
            c01 = TLanes.Add(TLanes.Load(addend + lanes), c01);
        }
        TLanes.Store(c00, c);
        TLanes.Store(c01, c + lanes);
    }
}
