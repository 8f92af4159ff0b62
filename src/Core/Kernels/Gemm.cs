using System.Runtime.CompilerServices;

namespace ActorTrain.Kernels;

/// <summary>
/// The loops around the microkernels, for forward and input gradient. Names as in BLIS: a register tile is MR×NR; a
/// micropanel is KC rows of NR floats; MC rows of A make a block.
/// </summary>
/// <remarks>
/// A micropanel of B (KC·NR·4 bytes, 16 to 24 KB) stays in L1 while the tiles of a block's rows pass over it; the block
/// of A (MC·KC·4 bytes, at most 192 KB) stays in L2, from where each tile takes one float for 2·NR operations. Chains
/// longer than KC wait in C, exactly, between blocks.
/// </remarks>
internal static unsafe partial class Gemm<TLanes, TVector> where TLanes : struct, ILanes<TVector> where TVector : struct
{
    // Most rows of A, and columns of B, in a block: MC·KC floats stay in L2, KC·NC in L3.
    private const int Mc = 192;
    private const int Nc = 1024;

    // Panels of whole columns of B, 1 MB: of them, one at a time is in L1.
    private const int MostKeptFloats = 1 << 18, LeastKeptPanels = 32;

    // A panel so wide brings 24 multiply-adds for 4 vectors: L2 delivers them in time, so that it need not fit L1.
    private const int StreamingNr = 64, StreamingKc = 256;

    // Rows of B that lie on pages of their own come as far as a program asks for them; many tiles share the asking.
    private const int PageFloats = 1024, ManyRowsOfTiles = 8 * Microkernel.MaxRows;

    private const int LineFloats = AlignedMemory.AlignmentBytes / sizeof(float);

    /// <summary>Steps of k for which a micropanel is packed at once.</summary>
    internal static int Kc => Math.Clamp(6144 / Nr, 96, 256);

    /// <summary>Columns of a full register tile.</summary>
    internal static int Nr => TLanes.PanelVectors * TLanes.Count;

    private static int TileFloats => Microkernel.MaxRows * Nr;

    /// <summary>
    /// C = A·B + bias, or A·Bᵀ + bias when <paramref name="b"/> is [N, K]; an absent bias is null. Then, if asked, what
    /// is not above 0 becomes 0, block by block, while they are in L2.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(Operand a, Operand b, bool bIsTransposed, float* bias, Operand c, bool relu = false)
    {
        // A panel that more than one block of rows reads is kept; else the next one takes its place in L1. If whole
        // columns of B can be kept, and enough of them to repay each copy of A, a block of A passes over them at once,
        // and its part of C waits in L2 between. Else the chains wait in L3, from where a tile asks for the next one's;
        // and wide panels stream from L2: longer chains, so fewer round trips of C.
        var keepsPanels = c.Rows > Mc;
        var wholeColumns = MostKeptFloats / Math.Max(1, a.Columns) / Nr * Nr;
        var streamsB = keepsPanels && Nr >= StreamingNr && wholeColumns < c.Columns;
        var keepsColumns = keepsPanels && !streamsB && wholeColumns >= Math.Min(LeastKeptPanels * Nr, c.Columns);
        var blocks = new Blocks
        {
            Relu = relu,
            Mc = Math.Min(Mc, WholeTiles(EvenPart(c.Rows, Mc))),
            Kc = EvenPart(a.Columns, streamsB ? StreamingKc : Kc),
            Nc = Math.Min(keepsColumns ? wholeColumns : keepsPanels ? Nc : c.Columns, c.Columns),
        };
        var paddedNc = (blocks.Nc + Nr - 1) / Nr * Nr;
        blocks.ColumnStep = keepsPanels ? blocks.Kc : 0;
        blocks.KStep = keepsColumns ? paddedNc : 0;
        // The last block of k has room for a whole one.
        var keptK = keepsColumns ? (a.Columns + blocks.Kc - 1) / blocks.Kc * blocks.Kc : blocks.Kc;
        var panelsFloats = keptK * (keepsPanels ? paddedNc : Nr);
        // Rows at a stride of whole pages share one set of L1; then A is copied, if enough panels repay it.
        blocks.PacksA = !streamsB && c.Columns >= 8 * Nr && c.Rows > 1 && (keepsPanels || a.Stride % 512 == 0);
        var strideA = blocks.PacksA ? (blocks.Kc / LineFloats * LineFloats) + (2 * LineFloats) : a.Stride;
        var rows = Math.Min(c.Rows, keepsColumns ? blocks.Mc : c.Rows);
        var edgeFloats = c.Columns % Nr == 0 ? 0 : rows * Nr;
        blocks.Panels = Scratch.Take(panelsFloats + Nr + edgeFloats + (blocks.PacksA ? blocks.Mc * (int)strideA : 0));
        blocks.Bias = blocks.Panels + panelsFloats;
        blocks.Edge = blocks.Bias + Nr;
        blocks.A = blocks.Edge + edgeFloats;
        var tile = new Tile { AStride = strideA, Addend = blocks.Bias };
        tile.FetchesNextC = keepsPanels && !keepsColumns;
        for (var jc = 0; jc < c.Columns; jc += blocks.Nc)
            for (var row = 0; row < c.Rows; row += rows)
                for (var k = 0; k < Math.Max(1, a.Columns); k += blocks.Kc)
                {
                    tile.K = Math.Min(blocks.Kc, a.Columns - k);
                    tile.Addends = bias != null && k + tile.K == a.Columns ? 1 : 0;
                    for (var ic = row; ic < Math.Min(c.Rows, row + rows); ic += blocks.Mc)
                        RunBlock(a, b, bIsTransposed, bias, c, blocks, ref tile, jc, ic, k, ic - row);
                }
    }

    // MC rows of A over KC steps of k, with all panels of NC columns of B; the first rows pack them.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void RunBlock(
        Operand a, Operand b, bool bIsTransposed, float* bias, Operand c, in Blocks blocks, ref Tile tile, int jc,
        int ic, int k, int edgeRow)
    {
        var rows = Math.Min(blocks.Mc, c.Rows - ic);
        var end = Math.Min(c.Columns, jc + blocks.Nc);
        var wholeEnd = end;
        var isLast = k + tile.K == a.Columns;
        var blockA = blocks.PacksA ? blocks.A : a.At(ic, k);
        if (blocks.PacksA)
            Packing.CopyRows<TLanes, TVector>(a.At(ic, k), a.Stride, rows, tile.K, blocks.A, tile.AStride);
        for (var j = jc; j < end; j += Nr)
        {
            var panel = new Panel(Math.Min(Nr, end - j));
            var packed = blocks.Panels + ((j - jc) * blocks.ColumnStep) + (k * blocks.KStep);
            tile.A = blockA;
            // Chains that would reach beyond C's last column wait and end in scratch memory.
            var edge = blocks.Edge + (edgeRow * panel.Nr);
            tile.C = panel.IsPadded ? edge : c.At(ic, j);
            tile.CStride = tile.StartStride = panel.IsPadded ? panel.Nr : c.Stride;
            tile.Start = k > 0 ? tile.C : null;
            tile.Prefetch = j + Nr < end ? b.At(k, j + Nr) : b.At(k + tile.K, jc);
            if (tile.Addends > 0)
                Packing.Rows<TLanes, TVector>(bias + j, 0, 1, panel.Columns, blocks.Bias, panel.Nr);
            var rowsDone = 0;
            if (ic == 0 && bIsTransposed) PackTransposed(b.At(j, k), b.Stride, tile.K, panel, packed);
            else if (ic == 0 && panel.IsPadded)
                Packing.Rows<TLanes, TVector>(b.At(k, j), b.Stride, tile.K, panel.Columns, packed, panel.Nr);
            else if (ic == 0)
                rowsDone = RunFirstRows(b.At(k, j), b.Stride, rows, panel, ref tile, packed);
            tile.B = packed;
            tile.BStride = panel.Nr;
            var rowsToAsk = 0;
            if (ic > 0 && Nr < StreamingNr)
            {
                // A kept panel comes from L3.
                tile.Prefetch = packed + (Nr * blocks.ColumnStep);
                tile.PrefetchStride = panel.Nr;
                rowsToAsk = ShareOf(tile.K, rows);
            }
            RunRows(rowsDone, rows, panel, ref tile, rowsToAsk);
            if (!panel.IsPadded || !isLast) continue;
            if (blocks.Relu) Relu(edge, rows * panel.Nr);
            CopyEdge(edge, rows, panel, c.At(ic, j), c.Stride);
            wholeEnd = j;
        }
        if (!blocks.Relu || !isLast) return;
        for (var row = ic; row < ic + rows; row++) Relu(c.At(row, jc), wholeEnd - jc);
    }

    private static void Relu(float* values, int count)
    {
        var span = new Span<float>(values, count);
        VectorOperations<TLanes, TVector>.Relu(span, span);
    }

    // Blocks of nearly the same length, none above the limit: a short last one would pay a round trip of C, or of B's
    // panels, for little.
    private static int EvenPart(int length, int limit)
    {
        var parts = Math.Max(1, (length + limit - 1) / limit);
        return Math.Max(1, (length + parts - 1) / parts);
    }

    private static int WholeTiles(int rows) =>
        (rows + Microkernel.MaxRows - 1) / Microkernel.MaxRows * Microkernel.MaxRows;

    // The first tile reads B where it lies and leaves it packed for the others. While the next ones run, the next
    // panel comes into L2: each tile asks for one cache line of every row. Lines 0 and 2 come first, because hardware
    // fetches lines by pairs. One line a row of many pages is better asked for by all tiles, of some rows each: with one
    // tile they are as many as a core can wait for.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int RunFirstRows(float* b, nint bStride, int end, Panel panel, ref Tile tile, float* packed)
    {
        float* a = tile.A, c = tile.C, next = tile.Prefetch;
        var continues = tile.Start != null;
        var row = Microkernel.RowsOf(end);
        tile.B = b;
        tile.BStride = bStride;
        tile.Packed = packed;
        tile.PrefetchStride = bStride;
        Microkernel.Run<TLanes, TVector, RowMajorA, PacksB>(panel.Vectors, row, tile);
        tile.B = packed;
        tile.BStride = panel.Nr;
        var lines = Math.Max(1, panel.Nr / LineFloats);
        if (lines == 1 && end - row >= ManyRowsOfTiles && bStride >= PageFloats)
        {
            RunRows(row, end, panel, ref tile, ShareOf(tile.K, end - row));
            return end;
        }
        for (int line = 0, rows; row < end && line < lines; row += rows, line++)
        {
            rows = Microkernel.RowsOf(end - row);
            tile.A = a + (row * tile.AStride);
            tile.C = c + (row * tile.CStride);
            tile.Start = continues ? tile.C : null;
            tile.Prefetch = next + ((lines < 4 ? line : ((line & 1) * 2) + (line >> 1)) * LineFloats);
            Microkernel.Run<TLanes, TVector, RowMajorA, PrefetchesB>(panel.Vectors, rows, tile);
        }
        tile.A = a;
        tile.C = c;
        return row;
    }

    // The rows of a next panel that each tile asks for.
    private static int ShareOf(int k, int rows) => ((k * Microkernel.MaxRows) + rows - 1) / rows;

    // A Tile is changed in place, never copied: a copy would read by vectors what was just written by fields, and wait
    // until those stores, and all stores of C before them, have reached L1.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void RunRows(int row, int end, Panel panel, ref Tile tile, int rowsToAsk = 0)
    {
        float* a = tile.A, c = tile.C, next = tile.Prefetch;
        var continues = tile.Start != null;
        for (int rows; row < end; row += rows)
        {
            for (var asked = 0; asked < rowsToAsk; asked++, next += tile.PrefetchStride) Packing.Prefetch(next);
            rows = Microkernel.RowsOf(end - row);
            tile.A = a + (row * tile.AStride);
            tile.C = c + (row * tile.CStride);
            tile.Start = continues ? tile.C : null;
            Microkernel.Run<TLanes, TVector, RowMajorA, ReadsB>(panel.Vectors, rows, tile);
        }
    }

    private static void PackTransposed(float* source, nint stride, int kc, Panel panel, float* packed)
    {
        if (panel.IsPadded) new Span<float>(packed, kc * panel.Nr).Clear();
        Packing.Transpose(source, stride, panel.Columns, kc, packed, panel.Nr);
    }

    /// <summary>How a product is divided, and the memory beside it.</summary>
    private struct Blocks
    {
        public bool Relu;
        public int Mc;
        public int Kc;
        public int Nc;
        public bool PacksA;

        /// <summary>Micropanels of B; floats from one column to the next, and from one step of k to the next.</summary>
        public float* Panels;
        public nint ColumnStep;
        public nint KStep;

        /// <summary>A block of A, if it is copied.</summary>
        public float* A;

        /// <summary>The bias of a panel, padded.</summary>
        public float* Bias;

        /// <summary>For the columns of C that fill no panel: a panel's width of all rows that wait at once.</summary>
        public float* Edge;
    }

    /// <summary>A panel of up to <see cref="Nr"/> columns, padded to 1, 2 or 4 vectors.</summary>
    private readonly struct Panel(int columns)
    {
        public int Columns { get; } = columns;
        public int Vectors { get; } = Microkernel.VectorsOf<TLanes, TVector>(columns);
        public int Nr => Vectors * TLanes.Count;
        public bool IsPadded => Columns != Nr;
    }
}
