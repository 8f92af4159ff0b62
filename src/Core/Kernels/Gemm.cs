using System.Runtime.CompilerServices;

namespace ActorTrain.Kernels;

/// <summary>
/// The loops around the microkernels, for forward and input gradient. Names as in BLIS: a register tile is MR×NR; a
/// micropanel is KC rows of NR floats.
/// </summary>
/// <remarks>
/// A micropanel of B (KC·NR·4 bytes, 24 KB for 512 bits) stays in L1 while the tiles of all rows pass over it; A comes
/// from L2, one float for each 2·NR operations. Chains longer than KC wait in C, exactly, between blocks.
/// </remarks>
internal static unsafe partial class Gemm<TLanes, TVector> where TLanes : struct, ILanes<TVector> where TVector : struct
{
    /// <summary>Steps of k for which a micropanel is packed at once.</summary>
    internal const int Kc = 96;

    // Rows of Cᵀ that are transposed together: whole tiles (of 6) and whole 8×8 blocks.
    private const int SwappedRows = 48;

    /// <summary>Columns of a full register tile.</summary>
    internal static int Nr => TLanes.PanelVectors * TLanes.Count;

    private static int TileFloats => Microkernel.MaxRows * Nr;

    /// <summary>C = A·B + bias, or A·Bᵀ + bias when <paramref name="b"/> is [N, K]. An absent bias is null.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(Operand a, Operand b, bool bIsTransposed, float* bias, Operand c)
    {
        var packed = Scratch.Take((Kc * Nr) + Nr + TileFloats);
        var paddedBias = packed + (Kc * Nr);
        var edge = paddedBias + Nr;
        for (var j = 0; j < c.Columns; j += Nr)
        {
            var panel = new Panel(Math.Min(Nr, c.Columns - j));
            if (bias != null) Packing.Rows<TLanes, TVector>(bias + j, 0, 1, panel.Columns, paddedBias, panel.Nr);
            var k = 0;
            do
            {
                var kc = Math.Min(Kc, a.Columns - k);
                var tile = new Tile
                {
                    A = a.At(0, k),
                    AStride = a.Stride,
                    B = packed,
                    BStride = panel.Nr,
                    C = c.At(0, j),
                    CStride = c.Stride,
                    K = kc,
                    Continues = k > 0,
                    Addends = k + kc == a.Columns && bias != null ? 1 : 0,
                    Addend = paddedBias,
                    Prefetch = k + kc < a.Columns ? b.At(k + kc, j) : b.At(0, j + Nr),
                    PrefetchStride = b.Stride,
                };
                var rowsDone = 0;
                var canPrefetch = !bIsTransposed && !panel.IsPadded && (k + kc < a.Columns || j + Nr < c.Columns);
                if (bIsTransposed) PackTransposed(b.At(j, k), b.Stride, kc, panel, packed);
                else if (panel.IsPadded)
                    Packing.Rows<TLanes, TVector>(b.At(k, j), b.Stride, kc, panel.Columns, packed, panel.Nr);
                else rowsDone = FirstRows(b.At(k, j), b.Stride, c.Rows, panel, ref tile, packed);
                if (canPrefetch) rowsDone = RunRowsPrefetching(rowsDone, c.Rows, panel, ref tile);
                RunRows(rowsDone, c.Rows, panel, ref tile, edge);
                k += kc;
            }
            while (k < a.Columns);
        }
    }

    // The first tile reads B where it lies and, if more tiles follow, leaves it packed for them.
    private static int FirstRows(float* b, nint bStride, int allRows, Panel panel, ref Tile tile, float* packed)
    {
        var rows = Microkernel.RowsOf(allRows);
        tile.B = b;
        tile.BStride = bStride;
        tile.Packed = packed;
        if (rows < allRows) Microkernel.Run<TLanes, TVector, RowMajorA, PacksB>(panel.Vectors, rows, tile);
        else Microkernel.Run<TLanes, TVector, RowMajorA, ReadsB>(panel.Vectors, rows, tile);
        tile.B = packed;
        tile.BStride = panel.Nr;
        return rows;
    }

    // While the tiles of a block run, the next block's panel comes into L2: each tile asks for one cache line of every
    // row. Lines 0 and 2 come first, because hardware fetches lines by pairs.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int RunRowsPrefetching(int row, int end, Panel panel, ref Tile tile)
    {
        float* a = tile.A, c = tile.C, next = tile.Prefetch;
        for (int line = 0, rows; row < end && line < 4; row += rows, line++)
        {
            rows = Microkernel.RowsOf(end - row);
            tile.A = a + (row * tile.AStride);
            tile.C = c + (row * tile.CStride);
            tile.Prefetch = next + ((((line & 1) * 2) + (line >> 1)) * TLanes.Count);
            Microkernel.Run<TLanes, TVector, RowMajorA, PrefetchesB>(panel.Vectors, rows, tile);
        }
        tile.A = a;
        tile.C = c;
        return row;
    }

    // A Tile is changed in place, never copied: a copy would read by vectors what was just written by fields, and wait
    // until those stores, and all stores of C before them, have reached L1.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void RunRows(int row, int end, Panel panel, ref Tile tile, float* edge)
    {
        float* a = tile.A, c = tile.C;
        for (int rows; row < end; row += rows)
        {
            rows = Microkernel.RowsOf(end - row);
            tile.A = a + (row * tile.AStride);
            tile.C = c + (row * tile.CStride);
            RunAtEdge<RowMajorA>(rows, panel, ref tile, edge);
        }
    }

    // A tile that reaches beyond C's last column goes through a full tile of scratch memory.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void RunAtEdge<TLayout>(int rows, Panel panel, ref Tile tile, float* edge)
        where TLayout : struct, ILayoutOfA
    {
        if (panel.IsPadded) RunPadded<TLayout>(rows, panel, ref tile, edge);
        else Microkernel.Run<TLanes, TVector, TLayout, ReadsB>(panel.Vectors, rows, tile);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void RunPadded<TLayout>(int rows, Panel panel, ref Tile tile, float* edge)
        where TLayout : struct, ILayoutOfA
    {
        var c = tile.C;
        var stride = tile.CStride;
        if (tile.Continues) Packing.Rows<TLanes, TVector>(c, stride, rows, panel.Columns, edge, panel.Nr);
        tile.C = edge;
        tile.CStride = panel.Nr;
        Microkernel.Run<TLanes, TVector, TLayout, ReadsB>(panel.Vectors, rows, tile);
        tile.C = c;
        tile.CStride = stride;
        for (var r = 0; r < rows; r++)
            Packing.CopyRow<TLanes, TVector>(edge + (r * panel.Nr), panel.Columns, c + (r * stride));
    }

    /// <summary>
    /// C = A·Bᵀ as Cᵀ = B·Aᵀ: the large weight matrix B is read once, in its own order, and only the small A and C are
    /// transposed.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void MultiplySwapped(Operand a, Operand b, Operand c)
    {
        var paddedM = (c.Rows + Nr - 1) / Nr * Nr;
        // With one block of k, rows of Cᵀ are finished at once, and transposed while they are in L1.
        var chunk = a.Columns <= Kc ? Math.Min(SwappedRows, c.Columns) : c.Columns;
        var packed = Scratch.Take(paddedM * (Kc + chunk));
        var transposed = packed + (paddedM * Kc);
        var k = 0;
        do
        {
            var kc = Math.Min(Kc, a.Columns - k);
            for (var m = 0; m < c.Rows; m += Nr)
                PackTransposed(a.At(m, k), a.Stride, kc, new Panel(Math.Min(Nr, c.Rows - m)), packed + (m * kc));
            for (var row = 0; row < c.Columns; row += chunk)
            {
                var rows = Math.Min(chunk, c.Columns - row);
                var tile = new Tile { A = b.At(row, k), AStride = b.Stride, K = kc, CStride = paddedM };
                tile.Continues = k > 0;
                RunSwappedRows(rows, c.Rows, ref tile, packed, transposed);
                if (k + kc == a.Columns) Packing.Transpose(transposed, paddedM, rows, c.Rows, c.At(0, row), c.Stride);
            }
            k += kc;
        }
        while (k < a.Columns);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void RunSwappedRows(int end, int m, ref Tile tile, float* packed, float* transposed)
    {
        for (int row = 0, rows; row < end; row += rows)
        {
            rows = Microkernel.RowsOf(end - row);
            for (var j = 0; j < m; j += Nr)
            {
                var panel = new Panel(Math.Min(Nr, m - j));
                tile.B = packed + (j * tile.K);
                tile.BStride = panel.Nr;
                tile.C = transposed + (row * tile.CStride) + j;
                Microkernel.Run<TLanes, TVector, RowMajorA, ReadsB>(panel.Vectors, rows, tile);
            }
            tile.A += rows * tile.AStride;
        }
    }

    private static void PackTransposed(float* source, nint stride, int kc, Panel panel, float* packed)
    {
        if (panel.IsPadded) new Span<float>(packed, kc * panel.Nr).Clear();
        Packing.Transpose(source, stride, panel.Columns, kc, packed, panel.Nr);
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
