using System.Runtime.CompilerServices;

namespace ActorTrain.Kernels;

internal static unsafe partial class Microkernel
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Rows8<TLanes, TVector, TLayout, TPacking>(in Tile tile)
        where TLanes : struct, ILanes<TVector> where TVector : struct
        where TLayout : struct, ILayoutOfA where TPacking : struct, IPacking
    {
        TVector c00 = default, c01 = default, c10 = default, c11 = default, c20 = default, c21 = default, c30 = default, c31 = default;
        TVector c40 = default, c41 = default, c50 = default, c51 = default, c60 = default, c61 = default, c70 = default, c71 = default;
        nint lanes = TLanes.Count, chain = TLayout.ChainStep(tile.AStride), bStride = tile.BStride;
        nint row1 = TLayout.RowStep(tile.AStride), row2 = 2 * row1, row3 = 3 * row1, row4 = 4 * row1;
        nint row5 = 5 * row1, row6 = 6 * row1, row7 = 7 * row1;
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
            c40 = TLanes.Load(c + (4 * tile.CStride));
            c41 = TLanes.Load(c + (4 * tile.CStride) + lanes);
            c50 = TLanes.Load(c + (5 * tile.CStride));
            c51 = TLanes.Load(c + (5 * tile.CStride) + lanes);
            c60 = TLanes.Load(c + (6 * tile.CStride));
            c61 = TLanes.Load(c + (6 * tile.CStride) + lanes);
            c70 = TLanes.Load(c + (7 * tile.CStride));
            c71 = TLanes.Load(c + (7 * tile.CStride) + lanes);
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
            x = TLanes.Create(a[row4]);
            c40 = TLanes.FusedMultiplyAdd(x, b0, c40);
            c41 = TLanes.FusedMultiplyAdd(x, b1, c41);
            x = TLanes.Create(a[row5]);
            c50 = TLanes.FusedMultiplyAdd(x, b0, c50);
            c51 = TLanes.FusedMultiplyAdd(x, b1, c51);
            x = TLanes.Create(a[row6]);
            c60 = TLanes.FusedMultiplyAdd(x, b0, c60);
            c61 = TLanes.FusedMultiplyAdd(x, b1, c61);
            x = TLanes.Create(a[row7]);
            c70 = TLanes.FusedMultiplyAdd(x, b0, c70);
            c71 = TLanes.FusedMultiplyAdd(x, b1, c71);
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
            c40 = TLanes.Add(TLanes.Load(addend + (4 * tile.AddendStride)), c40);
            c41 = TLanes.Add(TLanes.Load(addend + (4 * tile.AddendStride) + lanes), c41);
            c50 = TLanes.Add(TLanes.Load(addend + (5 * tile.AddendStride)), c50);
            c51 = TLanes.Add(TLanes.Load(addend + (5 * tile.AddendStride) + lanes), c51);
            c60 = TLanes.Add(TLanes.Load(addend + (6 * tile.AddendStride)), c60);
            c61 = TLanes.Add(TLanes.Load(addend + (6 * tile.AddendStride) + lanes), c61);
            c70 = TLanes.Add(TLanes.Load(addend + (7 * tile.AddendStride)), c70);
            c71 = TLanes.Add(TLanes.Load(addend + (7 * tile.AddendStride) + lanes), c71);
        }
        TLanes.Store(c00, c);
        TLanes.Store(c01, c + lanes);
        TLanes.Store(c10, c + tile.CStride);
        TLanes.Store(c11, c + tile.CStride + lanes);
        TLanes.Store(c20, c + (2 * tile.CStride));
        TLanes.Store(c21, c + (2 * tile.CStride) + lanes);
        TLanes.Store(c30, c + (3 * tile.CStride));
        TLanes.Store(c31, c + (3 * tile.CStride) + lanes);
        TLanes.Store(c40, c + (4 * tile.CStride));
        TLanes.Store(c41, c + (4 * tile.CStride) + lanes);
        TLanes.Store(c50, c + (5 * tile.CStride));
        TLanes.Store(c51, c + (5 * tile.CStride) + lanes);
        TLanes.Store(c60, c + (6 * tile.CStride));
        TLanes.Store(c61, c + (6 * tile.CStride) + lanes);
        TLanes.Store(c70, c + (7 * tile.CStride));
        TLanes.Store(c71, c + (7 * tile.CStride) + lanes);
    }
}
