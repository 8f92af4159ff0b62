using System.Runtime.CompilerServices;

namespace ActorTrain.Kernels;

/// <summary>
/// The microkernel of short leaves: tiles of 3 rows, with the chains of two sibling leaves side by side in registers,
/// joined there.
/// </summary>
/// <remarks>
/// A leaf of 16 rows is a chain of 16 steps, about 100 cycles; a 6-row tile for one leaf then writes 6·V vectors away
/// and reads them again for the join, and those bursts were measured to cost 20 to 30 cycles each. Two leaves by 3 rows
/// keep as many chains in flight, but write only 3·V vectors for the same multiply-adds, and the first join, half of
/// all, is free. The price is 6 + 2·V loads for 6·V multiply-adds, where one leaf asks 6 + V: still within two loads a
/// cycle.
/// </remarks>
internal static unsafe class LeafPairs<TLanes, TVector>
    where TLanes : struct, ILanes<TVector> where TVector : struct
{
    /// <summary>Rows of the tile.</summary>
    public const int Rows = 3;

    /// <summary>
    /// Sums consecutive leaves, from an even one on and an even number of them; their sums join those that wait.
    /// </summary>
    /// <param name="vectors">Of the panel, as <see cref="Microkernel.VectorsOf"/> says.</param>
    /// <param name="block">What is read and written.</param>
    /// <param name="leafRows">Rows of all leaves of the tree.</param>
    /// <param name="first">The first leaf to sum.</param>
    /// <param name="end">The leaf after the last; if the tree ends there, the sum goes to C.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Run(int vectors, in LeafPairsBlock block, ReadOnlySpan<int> leafRows, int first, int end)
    {
        if (TLanes.PanelVectors == 4 && vectors == 4) Sum<Panel4>(block, leafRows, first, end);
        else if (vectors == 2) Sum<Panel2>(block, leafRows, first, end);
        else Sum<Panel1>(block, leafRows, first, end);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Sum<TPanel>(in LeafPairsBlock block, ReadOnlySpan<int> leafRows, int first, int end)
        where TPanel : struct, IPanel
    {
        nint nr = TPanel.Vectors * TLanes.Count, aStep = block.StepOfA, slot = block.SlotFloats;
        // The two halves of a tile of 6 take turns: 3 floats on in A, then to the next tile; likewise the slots.
        nint nextA = Rows, nextWaiting = Rows * nr;
        float* tileA = block.A, tileC = block.C;
        var tileWaiting = block.Waiting + (PairwiseTree.WaitingBefore(first) * slot);
        float* ahead = block.Ahead.First, aheadToo = block.Ahead.Second;
        var lines = block.Ahead;
        for (var row = 0; row < block.Rows; row += Rows)
        {
            lines.AskForLines(Rows);
            float* a = tileA, b = block.B, waiting = tileWaiting;
            for (var leaf = first; leaf < end; leaf += 2, waiting += slot)
            {
                // A core asks for some dozen lines at a time: one matrix with the first leaves, one with the last.
                if (ahead != null && leaf == first) ahead = Prefetch<TPanel>(ahead, block.Ahead.Stride);
                if (ahead != null && leaf + 2 >= end) aheadToo = Prefetch<TPanel>(aheadToo, block.Ahead.Stride);
                TVector c00 = default, c01 = default, c02 = default, c03 = default;
                TVector c10 = default, c11 = default, c12 = default, c13 = default;
                TVector c20 = default, c21 = default, c22 = default, c23 = default;
                TVector d00 = default, d01 = default, d02 = default, d03 = default;
                TVector d10 = default, d11 = default, d12 = default, d13 = default;
                TVector d20 = default, d21 = default, d22 = default, d23 = default;
                int rows = leafRows[leaf], rightRows = leafRows[leaf + 1], both = Math.Min(rows, rightRows);
                nint toRightA = rows * aStep, toRightB = rows * nr;
                // The right leaf's addresses follow from the left one's: two pointers to count on instead of four, and
                // the end is one of them.
                for (var lastB = b + (both * nr); b != lastB; a += aStep, b += nr)
                {
                    Step<TPanel>(a, b, ref c00, ref c01, ref c02, ref c03, ref c10, ref c11, ref c12, ref c13,
                        ref c20, ref c21, ref c22, ref c23);
                    Step<TPanel>(a + toRightA, b + toRightB, ref d00, ref d01, ref d02, ref d03, ref d10, ref d11,
                        ref d12, ref d13, ref d20, ref d21, ref d22, ref d23);
                }
                float* rightA = a + toRightA, rightB = b + toRightB;
                for (var k = rows - both; k > 0; k--, a += aStep, b += nr)
                    Step<TPanel>(a, b, ref c00, ref c01, ref c02, ref c03, ref c10, ref c11, ref c12, ref c13,
                        ref c20, ref c21, ref c22, ref c23);
                for (var k = rightRows - both; k > 0; k--, rightA += aStep, rightB += nr)
                    Step<TPanel>(rightA, rightB, ref d00, ref d01, ref d02, ref d03, ref d10, ref d11, ref d12,
                        ref d13, ref d20, ref d21, ref d22, ref d23);
                a = rightA;
                b = rightB;
                Row<TLanes, TVector, TPanel>.Add(d00, d01, d02, d03, ref c00, ref c01, ref c02, ref c03);
                Row<TLanes, TVector, TPanel>.Add(d10, d11, d12, d13, ref c10, ref c11, ref c12, ref c13);
                Row<TLanes, TVector, TPanel>.Add(d20, d21, d22, d23, ref c20, ref c21, ref c22, ref c23);
                var endsTree = leaf + 2 == leafRows.Length;
                var joins = endsTree ? PairwiseTree.WaitingBefore(leaf) : PairwiseTree.JoinsAfter(leaf + 1) - 1;
                for (; joins > 0; joins--)
                {
                    waiting -= slot;
                    Row<TLanes, TVector, TPanel>.Add(waiting, ref c00, ref c01, ref c02, ref c03);
                    Row<TLanes, TVector, TPanel>.Add(waiting + nr, ref c10, ref c11, ref c12, ref c13);
                    Row<TLanes, TVector, TPanel>.Add(waiting + (2 * nr), ref c20, ref c21, ref c22, ref c23);
                }
                var c = endsTree ? tileC : waiting;
                var stride = endsTree ? block.CStride : nr;
                Row<TLanes, TVector, TPanel>.Store(c, c00, c01, c02, c03);
                Row<TLanes, TVector, TPanel>.Store(c + stride, c10, c11, c12, c13);
                Row<TLanes, TVector, TPanel>.Store(c + (2 * stride), c20, c21, c22, c23);
            }
            tileA += nextA;
            nextA = block.TileFloatsOfA - nextA;
            tileWaiting += nextWaiting;
            nextWaiting = block.TileFloatsOfWaiting - nextWaiting;
            tileC += Rows * block.CStride;
        }
    }

    // The tile's rows; answers where the next tile's are.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float* Prefetch<TPanel>(float* rows, nint stride) where TPanel : struct, IPanel
    {
        const int lineFloats = AlignedMemory.AlignmentBytes / sizeof(float);
        for (var row = 0; row < Rows; row++, rows += stride)
            for (var line = 0; line < TPanel.Vectors * TLanes.Count; line += lineFloats) Packing.Prefetch(rows + line);
        return rows;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step<TPanel>(
        float* a, float* b, ref TVector c00, ref TVector c01, ref TVector c02, ref TVector c03, ref TVector c10,
        ref TVector c11, ref TVector c12, ref TVector c13, ref TVector c20, ref TVector c21, ref TVector c22,
        ref TVector c23)
        where TPanel : struct, IPanel
    {
        TVector b0 = default, b1 = default, b2 = default, b3 = default;
        Row<TLanes, TVector, TPanel>.Load(b, ref b0, ref b1, ref b2, ref b3);
        Row<TLanes, TVector, TPanel>.Step(a, b0, b1, b2, b3, ref c00, ref c01, ref c02, ref c03);
        Row<TLanes, TVector, TPanel>.Step(a + 1, b0, b1, b2, b3, ref c10, ref c11, ref c12, ref c13);
        Row<TLanes, TVector, TPanel>.Step(a + 2, b0, b1, b2, b3, ref c20, ref c21, ref c22, ref c23);
    }
}

/// <summary>What <see cref="LeafPairs{TLanes, TVector}"/> reads and writes: the tiles over one micropanel.</summary>
internal unsafe struct LeafPairsBlock
{
    /// <summary>
    /// The first tile of A, at the first leaf's first row; floats from k to k, and from one tile of 6 to the next.
    /// </summary>
    public float* A;
    public nint StepOfA;
    public nint TileFloatsOfA;

    /// <summary>Rows of C; the last 3 are computed even where C has only 1 or 2 of them.</summary>
    public int Rows;

    /// <summary>The micropanel, at the first leaf's first row.</summary>
    public float* B;

    /// <summary>For each tile, slots for the sums that wait for their sibling: 6 rows of NR floats.</summary>
    public float* Waiting;
    public nint TileFloatsOfWaiting;
    public nint SlotFloats;

    /// <summary>What is to come near meanwhile.</summary>
    public RowsAhead Ahead;

    /// <summary>Where the tree's sum goes, rows of NR floats.</summary>
    public float* C;
    public nint CStride;
}
