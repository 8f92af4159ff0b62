using System.Runtime.CompilerServices;

namespace ActorTrain.Kernels;

/// <content>The loops of the parameter gradient.</content>
internal static unsafe partial class Gemm<TLanes, TVector>
{
    // Packed columns of B that stay in L2 (512 KB of 1 MB and more) while all rows of C pass.
    private const int PackedFloats = 128 * 1024;

    private const int LineFloats = AlignedMemory.AlignmentBytes / sizeof(float);

    /// <summary>C = Aᵀ·B, each leaf a chain of its own, the leaves joined pairwise tile by tile.</summary>
    /// <remarks>
    /// Rows of C are the outer loop: C is by far the largest operand, and is written once and in order. The partial
    /// sums that wait for their sibling are tiles in L1.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void TransposedMultiply(Operand a, Operand b, Operand c, ReadOnlySpan<int> leafRows)
    {
        var k = a.Rows;
        var nc = Math.Min((c.Columns + Nr - 1) / Nr, Math.Max(1, PackedFloats / (Math.Max(1, k) * Nr))) * Nr;
        var packedB = Scratch.Take((k * nc) + (k * Microkernel.MaxRows) + ((PairwiseTree.MaxDepth + 1) * TileFloats));
        var edge = packedB + (k * nc);
        var waiting = edge + TileFloats;
        // Few panels do not repay a copy of A, unless its rows fall into few sets of L1.
        var packsA = c.Columns > 4 * Nr || (a.Stride % 256 == 0 && k > 8);
        var packedA = waiting + (PairwiseTree.MaxDepth * TileFloats);
        var isLarge = c.Rows * (long)c.Columns > PackedFloats;
        var tile = new Tile { AStride = a.Stride, AddendStep = -TileFloats };
        for (var jc = 0; jc < c.Columns; jc += nc)
        {
            var end = Math.Min(c.Columns, jc + nc);
            for (var j = jc; j < end; j += Nr)
            {
                var panel = new Panel(Math.Min(Nr, end - j));
                var packed = packedB + ((j - jc) * (nint)k);
                Packing.Rows<TLanes, TVector>(b.At(0, j), b.Stride, k, panel.Columns, packed, panel.Nr);
            }
            for (int row = 0, rows; row < c.Rows; row += rows)
            {
                rows = Microkernel.RowsOf(c.Rows - row);
                var rowA = a.At(0, row);
                if (packsA)
                {
                    Packing.Rows<TLanes, TVector>(rowA, a.Stride, k, rows, packedA, rows);
                    rowA = packedA;
                    tile.AStride = rows;
                }
                for (var j = jc; j < end; j += Nr)
                {
                    var panel = new Panel(Math.Min(Nr, end - j));
                    tile.A = rowA;
                    tile.B = packedB + ((j - jc) * (nint)k);
                    tile.BStride = panel.Nr;
                    if (isLarge) PrefetchTile(rows, panel, c.At(row, j), c.Stride);
                    SumLeaves(rows, panel, ref tile, c.At(row, j), c.Stride, leafRows, waiting, edge);
                }
            }
        }
    }

    // Of a C beyond L2, lines come while the chains run, so that the stores at the end do not wait for them.
    private static void PrefetchTile(int rows, Panel panel, float* c, nint cStride)
    {
        for (var r = 0; r < rows; r++)
            for (var j = 0; j < panel.Columns; j += LineFloats) Packing.PrefetchNear(c + (r * cStride) + j);
    }

    // PairwiseTree.Sum for one tile: a join is an addend of the microkernel's write-back.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SumLeaves(
        int rows, Panel panel, ref Tile tile, float* c, nint cStride, ReadOnlySpan<int> leafRows, float* waiting,
        float* edge)
    {
        tile.AddendStride = panel.Nr;
        tile.CStride = panel.Nr;
        var depth = 0;
        var last = leafRows.Length - 1;
        for (var leaf = 0; leaf < last; leaf++)
        {
            tile.K = leafRows[leaf];
            tile.Addends = PairwiseTree.JoinsAfter(leaf);
            tile.Addend = waiting + ((depth - 1) * TileFloats);
            depth -= tile.Addends;
            tile.C = waiting + (depth * TileFloats);
            depth++;
            Microkernel.Run<TLanes, TVector, ColumnMajorA, ReadsB>(panel.Vectors, rows, tile);
            tile.A += tile.K * tile.AStride;
            tile.B += tile.K * tile.BStride;
        }
        tile.K = last < 0 ? 0 : leafRows[last];
        tile.Addends = depth;
        tile.Addend = waiting + ((depth - 1) * TileFloats);
        tile.C = c;
        tile.CStride = cStride;
        RunAtEdge<ColumnMajorA>(rows, panel, ref tile, edge);
    }
}
