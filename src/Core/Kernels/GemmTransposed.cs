using System.Runtime.CompilerServices;

namespace ActorTrain.Kernels;

/// <content>The loops of the parameter gradient.</content>
internal static unsafe partial class Gemm<TLanes, TVector>
{
    // Packed columns of B that stay in cache while the blocks of A pass.
    private const int PackedFloats = 256 * 1024;

    // With so many rows and columns, too few packed columns would cost a copy of A for each few panels: 16 MB of them.
    private const int ManyRows = 2048, ManyColumns = 512, MostPackedFloats = 1 << 22;

    // One leaf of so many rows is computed with a copy of Aᵀ, so many floats of which are made at once: 8 MB.
    private const int RowsToTurn = 512, TurnedFloats = 1 << 21;

    // So few rows of C are two tiles: each column of B is read twice at most.
    private const int FewRows = 2 * Microkernel.MaxRows;

    /// <summary>
    /// Whether <see cref="TransposedMultiplySwapped"/> is the faster way: one vector of columns would keep 6 chains in
    /// flight where a multiply-add asks for 8, some of them for nothing.
    /// </summary>
    public static bool SwapsGradient(int rows, int columns) =>
        Microkernel.VectorsOf<TLanes, TVector>(columns) == 1 && rows >= 2 * TLanes.Count && rows > columns;

    /// <summary>C = Aᵀ·B with few columns, as Cᵀ = Bᵀ·A; in blocks of rows.</summary>
    public static void TransposedMultiplySwapped<TBlocks>(
        Operand a, Operand b, ReadOnlySpan<int> leafRows, scoped ref TBlocks blocks)
        where TBlocks : struct, IRowBlocks, allows ref struct
    {
        var stride = blocks.StrideOf(b.Columns);
        var transposed = Scratch.TakeOperand(b.Columns * a.Columns);
        var whole = new WholeResult(new(transposed, b.Columns, a.Columns, a.Columns));
        TransposedMultiply(b, a, leafRows, ref whole);
        for (var row = 0; row < a.Columns; row += PackedA.Columns)
        {
            var rows = Math.Min(PackedA.Columns, a.Columns - row);
            blocks.AheadOf(row, 0).AskForLines(rows);
            Packing.Transpose(transposed + row, a.Columns, b.Columns, rows, blocks.At(row, 0), stride);
            blocks.Take(row, 0, rows, b.Columns);
        }
    }

    /// <summary>Whether <see cref="MultiplyTurned"/> is the faster way to sum <paramref name="leaves"/>.</summary>
    public static bool TurnIsCheaper(Operand a, Operand b, int leaves) =>
        leaves == 1 && a.Columns > Mc && a.Rows >= RowsToTurn && b.Columns >= ManyColumns;

    /// <summary>
    /// C = Aᵀ·B in one leaf, as an ordinary product with a copy of Aᵀ: long chains wait in C, not beside it, and a
    /// block of k has no end of a leaf in it. Each element is the same chain.
    /// </summary>
    public static void MultiplyTurned(Operand a, Operand b, Operand c)
    {
        // A line more than K: rows at a stride of whole pages would share sets of L1.
        var stride = a.Rows + LineFloats;
        var most = Math.Clamp(TurnedFloats / stride / Mc * Mc, Mc, a.Columns);
        var turned = Scratch.TakeOperand(most * stride);
        for (var row = 0; row < a.Columns; row += most)
        {
            var rows = Math.Min(most, a.Columns - row);
            Packing.Transpose(a.At(0, row), a.Stride, a.Rows, rows, turned, stride);
            Multiply(new(turned, rows, a.Rows, stride), b, false, null,
                new(c.At(row, 0), rows, c.Columns, (int)c.Stride));
        }
    }

    /// <summary>
    /// C = Aᵀ·B, each leaf a chain of its own, the leaves joined pairwise tile by tile; in blocks of rows, each of
    /// which may be used up before the next one.
    /// </summary>
    /// <remarks>
    /// For a block of A (48 columns, in L2 or L1) and a micropanel of B (in L1), the leaves go by in groups of up to KC
    /// rows, and for each group all tiles of the block. Partial sums that wait for their sibling stay beside their
    /// tile.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void TransposedMultiply<TBlocks>(
        Operand a, Operand b, ReadOnlySpan<int> leafRows, scoped ref TBlocks blocks)
        where TBlocks : struct, IRowBlocks, allows ref struct
    {
        if (leafRows.IsEmpty) leafRows = [0];
        var k = a.Rows;
        var floats = k >= ManyRows && b.Columns >= ManyColumns ? MostPackedFloats : PackedFloats;
        var nc = Math.Min((b.Columns + Nr - 1) / Nr, Math.Max(1, floats / (Math.Max(1, k) * Nr))) * Nr;
        // The partial sums before the last leaf, and a chain that is longer than KC.
        var slots = PairwiseTree.MaxWaiting(leafRows.Length) + 1;
        var packedB = Scratch.Take(
            (k * (nc + (PackedA.Tiles * PackedA.RowFloats))) + ((slots + 1) * PackedA.Tiles * TileFloats));
        var packedA = packedB + (k * nc);
        var edge = packedA + (k * PackedA.Tiles * PackedA.RowFloats);
        var block = new GradientBlock
        {
            Waiting = edge + (PackedA.Tiles * TileFloats),
            Slots = slots,
            Edge = edge,
        };
        // Few panels do not repay a copy of A, unless its rows fall into few sets of L1; nor few tiles one of B, but
        // that pairs of leaves are faster with a step that the JIT knows.
        var packsA = b.Columns > 4 * Nr || (a.Stride % 256 == 0 && k > 8);
        var packsB = a.Columns > FewRows || leafRows.Length > 1;
        for (var jc = 0; jc < b.Columns; jc += nc)
        {
            var end = Math.Min(b.Columns, jc + nc);
            var stride = blocks.StrideOf(end - jc);
            for (var j = jc; j < end; j += Nr)
            {
                var panel = new Panel(Math.Min(Nr, end - j));
                if (!packsB && !panel.IsPadded) continue;
                var packed = packedB + ((j - jc) * (nint)k);
                Packing.Rows<TLanes, TVector>(b.At(0, j), b.Stride, k, panel.Columns, packed, panel.Nr);
            }
            for (var row = 0; row < a.Columns; row += PackedA.Columns)
            {
                block.Rows = Math.Min(PackedA.Columns, a.Columns - row);
                block.A = a.At(0, row);
                block.StepOfA = a.Stride;
                block.TileFloatsOfA = Microkernel.MaxRows;
                if (packsA || (leafRows.Length > 1 && block.Rows % LeafPairs<TLanes, TVector>.Rows != 0))
                {
                    PackedA.Pack(block.A, a.Stride, k, block.Rows, a.Columns - row, packedA);
                    block.A = packedA;
                    block.StepOfA = PackedA.RowFloats;
                    block.TileFloatsOfA = k * PackedA.RowFloats;
                }
                var c = blocks.At(row, jc);
                block.Ahead = blocks.AheadOf(row, jc);
                // While the first panel passes, the next block of A comes into L2: its rows lie on many pages.
                block.NextA = row + PackedA.Columns < a.Columns ? a.At(0, row + PackedA.Columns)
                    : end < b.Columns ? a.Data : null;
                block.StrideOfNextA = a.Stride;
                for (var j = jc; j < end; j += Nr, block.NextA = null)
                {
                    var panel = new Panel(Math.Min(Nr, end - j));
                    var readsB = !packsB && !panel.IsPadded;
                    block.B = readsB ? b.At(0, j) : packedB + ((j - jc) * (nint)k);
                    block.StepOfB = readsB ? b.Stride : panel.Nr;
                    block.C = c + (j - jc);
                    SumLeaves(block, panel, stride, leafRows);
                    block.Ahead = block.Ahead.AfterColumns(j - jc, Nr, block.Rows);
                }
                blocks.Take(row, jc, block.Rows, end - jc);
            }
        }
    }

    // All leaves for one block of A and one micropanel of B.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SumLeaves(in GradientBlock block, Panel panel, nint cStride, ReadOnlySpan<int> leafRows)
    {
        for (int leaf = 0, firstRow = 0; leaf < leafRows.Length;)
        {
            int first = leaf, rows = 0;
            while (leaf % 2 == 0 && leaf + 1 < leafRows.Length && rows + leafRows[leaf] + leafRows[leaf + 1] <= Kc)
            {
                rows += leafRows[leaf] + leafRows[leaf + 1];
                leaf += 2;
            }
            if (leaf > first) SumPairs(block, panel, cStride, leafRows, first, leaf, firstRow);
            else SumLeaf(block, panel, cStride, leafRows, leaf++, firstRow);
            for (; first < leaf; first++) firstRow += leafRows[first];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SumPairs(
        in GradientBlock block, Panel panel, nint cStride, ReadOnlySpan<int> leafRows, int first, int end, int firstRow)
    {
        var isEdge = end == leafRows.Length && (panel.IsPadded || block.Rows % LeafPairs<TLanes, TVector>.Rows != 0);
        var tiles = new LeafPairsBlock
        {
            A = block.A + (firstRow * block.StepOfA),
            StepOfA = block.StepOfA,
            TileFloatsOfA = block.TileFloatsOfA,
            Rows = block.Rows,
            B = block.B + (firstRow * panel.Nr),
            Waiting = block.Waiting,
            TileFloatsOfWaiting = block.Slots * TileFloats,
            SlotFloats = TileFloats,
            Ahead = first == 0 ? block.Ahead : default,
            C = isEdge ? block.Edge : block.C,
            CStride = isEdge ? panel.Nr : cStride,
        };
        LeafPairs<TLanes, TVector>.Run(panel.Vectors, tiles, leafRows, first, end);
        if (isEdge) CopyEdge(block.Edge, block.Rows, panel, block.C, cStride);
    }

    // One leaf, because it is long or has no sibling: tiles of 6, with a join as an addend of the write-back.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SumLeaf(
        in GradientBlock block, Panel panel, nint cStride, ReadOnlySpan<int> leafRows, int leaf, int firstRow)
    {
        var rows = leafRows[leaf];
        var endsTree = leaf == leafRows.Length - 1;
        var isEdge = endsTree && panel.IsPadded;
        var depth = PairwiseTree.WaitingBefore(leaf);
        var joins = endsTree ? depth : PairwiseTree.JoinsAfter(leaf);
        var tile = new Tile { AStride = block.StepOfA, BStride = block.StepOfB, AddendStep = -TileFloats };
        tile.AddendStride = tile.StartStride = panel.Nr;
        tile.PrefetchStride = block.StrideOfNextA;
        var next = block.NextA;
        var lines = leaf == 0 ? block.Ahead : default;
        var k = 0;
        do
        {
            tile.K = Math.Min(Kc, rows - k);
            tile.A = block.A + ((firstRow + k) * block.StepOfA);
            tile.B = block.B + ((firstRow + k) * block.StepOfB);
            // A chain that is cut at KC waits above the sums that it will join.
            var chain = block.Waiting + (depth * TileFloats);
            var endsChain = k + tile.K == rows;
            tile.Addends = endsChain ? joins : 0;
            var toC = endsChain && endsTree;
            tile.C = !endsChain ? chain : !endsTree ? chain - (joins * TileFloats) : isEdge ? block.Edge : block.C;
            tile.CStride = toC && !isEdge ? cStride : panel.Nr;
            var step = toC ? Microkernel.MaxRows * tile.CStride : block.Slots * TileFloats;
            for (int row = 0, line = 0, tileRows; row < block.Rows; row += tileRows, line += LineFloats)
            {
                tileRows = Microkernel.RowsOf(Math.Min(Microkernel.MaxRows, block.Rows - row));
                if (k == 0 && tileRows == Microkernel.MaxRows) lines.AskForLines(tileRows);
                tile.Start = k > 0 ? chain : null;
                tile.Addend = chain - TileFloats;
                if (next == null || line > PackedA.Columns)
                    Microkernel.Run<TLanes, TVector, ColumnMajorA, ReadsB>(panel.Vectors, tileRows, tile);
                else
                {
                    tile.Prefetch = next + ((firstRow + k) * block.StrideOfNextA) + line;
                    Microkernel.Run<TLanes, TVector, ColumnMajorA, PrefetchesB>(panel.Vectors, tileRows, tile);
                }
                // What the last tiles have fewer than 6 rows is parts of one of 6.
                var isWhole = tileRows == Microkernel.MaxRows;
                tile.A += isWhole ? block.TileFloatsOfA : tileRows;
                tile.C += isWhole ? step : tileRows * tile.CStride;
                chain += isWhole ? block.Slots * TileFloats : tileRows * panel.Nr;
            }
            k += tile.K;
        }
        while (k < rows);
        if (isEdge) CopyEdge(block.Edge, block.Rows, panel, block.C, cStride);
    }

    private static void CopyEdge(float* edge, int rows, Panel panel, float* c, nint cStride) =>
        Packing.CopyRows<TLanes, TVector>(edge, panel.Nr, rows, panel.Columns, c, cStride);

    /// <summary>A block of A, a micropanel of B, and what lies beside them.</summary>
    private struct GradientBlock
    {
        /// <summary>Columns of A: <see cref="PackedA"/>, or where they lie.</summary>
        public float* A;
        public nint StepOfA;
        public nint TileFloatsOfA;

        /// <summary>Where the next block of A lies, if it is to come near meanwhile; else null.</summary>
        public float* NextA;
        public nint StrideOfNextA;

        /// <summary>Rows of C.</summary>
        public int Rows;

        /// <summary>The micropanel, or where its columns lie in B.</summary>
        public float* B;
        public nint StepOfB;

        /// <summary>What is to come near meanwhile, from its first element on.</summary>
        public RowsAhead Ahead;

        /// <summary>Its first element in C.</summary>
        public float* C;

        /// <summary>For each tile, some tiles.</summary>
        public float* Waiting;
        public int Slots;

        /// <summary>A block of C of NR columns, for results that would reach beyond C.</summary>
        public float* Edge;
    }
}
