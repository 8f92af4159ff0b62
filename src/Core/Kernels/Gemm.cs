using System.Runtime.CompilerServices;

namespace ActorTrain.Kernels;

/// <summary>
/// The loops around the microkernels, for forward and input gradient. Names as in BLIS: a register tile is MR×NR, NR
/// is two vectors; a micropanel is KC rows of NR floats.
/// </summary>
/// <remarks>
/// A micropanel of B (KC·NR·4 bytes, 32 KB for 512 bits) stays in L1 while the tiles of all rows pass over it; A comes
/// from L2, one float for each 2·NR operations. Chains longer than KC wait in C, exactly, between blocks.
/// </remarks>
internal static unsafe partial class Gemm<TLanes, TVector> where TLanes : struct, ILanes<TVector> where TVector : struct
{
    /// <summary>Steps of k for which a micropanel is packed at once.</summary>
    internal const int Kc = 256;

    /// <summary>Columns of a register tile.</summary>
    internal static int Nr => 2 * TLanes.Count;

    private static int TileFloats => TLanes.MaxTileRows * Nr;

    /// <summary>C = A·B + bias, or A·Bᵀ + bias when <paramref name="b"/> is [N, K]. An empty bias is null.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(Operand a, Operand b, bool bIsTransposed, float* bias, Operand c)
    {
        var panel = Scratch.Take((Kc * Nr) + Nr + TileFloats);
        var paddedBias = panel + (Kc * Nr);
        var edge = paddedBias + Nr;
        for (var j = 0; j < c.Columns; j += Nr)
        {
            var columns = Math.Min(Nr, c.Columns - j);
            var panelBias = bias == null ? null : bias + j;
            if (bias != null && columns < Nr)
            {
                Packing.Rows<TLanes, TVector>(panelBias, 0, 1, columns, paddedBias, Nr);
                panelBias = paddedBias;
            }
            var k = 0;
            do
            {
                var kc = Math.Min(Kc, a.Columns - k);
                var isLast = k + kc == a.Columns;
                var tile = new Tile
                {
                    AStride = a.Stride,
                    B = panel,
                    BStride = Nr,
                    K = kc,
                    Continues = k > 0,
                    Addends = isLast && bias != null ? 1 : 0,
                    Addend = panelBias,
                };
                var row = 0;
                if (bIsTransposed)
                {
                    if (columns < Nr) new Span<float>(panel, kc * Nr).Clear();
                    Packing.Transpose(b.At(j, k), b.Stride, columns, kc, panel, Nr);
                }
                else if (columns < Nr) Packing.Rows<TLanes, TVector>(b.At(k, j), b.Stride, kc, columns, panel, Nr);
                else row = FirstRows(a, b, c, tile, k, j, panel);
                for (int rows; row < c.Rows; row += rows)
                {
                    rows = Microkernel.RowsOf<TLanes, TVector>(c.Rows - row);
                    tile.A = a.At(row, k);
                    tile.C = c.At(row, j);
                    tile.CStride = c.Stride;
                    RunAtEdge<RowMajorA>(rows, columns, tile, edge);
                }
                k += kc;
            }
            while (k < a.Columns);
        }
    }

    // The first tile reads B where it lies and, if more tiles follow, leaves it packed for them.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int FirstRows(Operand a, Operand b, Operand c, Tile tile, int k, int j, float* panel)
    {
        var rows = Microkernel.RowsOf<TLanes, TVector>(c.Rows);
        tile.A = a.At(0, k);
        tile.B = b.At(k, j);
        tile.BStride = b.Stride;
        tile.Packed = panel;
        tile.C = c.At(0, j);
        tile.CStride = c.Stride;
        if (rows < c.Rows) Microkernel.Run<TLanes, TVector, RowMajorA, PacksB>(rows, tile);
        else Microkernel.Run<TLanes, TVector, RowMajorA, ReadsB>(rows, tile);
        return rows;
    }

    // A tile that reaches beyond C's last column goes through a full tile of scratch memory.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void RunAtEdge<TLayout>(int rows, int columns, in Tile tile, float* edge) where TLayout : struct, ILayoutOfA
    {
        if (columns == Nr)
        {
            Microkernel.Run<TLanes, TVector, TLayout, ReadsB>(rows, tile);
            return;
        }
        var inside = tile;
        inside.C = edge;
        inside.CStride = Nr;
        if (tile.Continues) Packing.Rows<TLanes, TVector>(tile.C, tile.CStride, rows, columns, edge, Nr);
        Microkernel.Run<TLanes, TVector, TLayout, ReadsB>(rows, inside);
        for (var r = 0; r < rows; r++)
            new ReadOnlySpan<float>(edge + (r * Nr), columns).CopyTo(new Span<float>(tile.C + (r * tile.CStride), columns));
    }

    /// <summary>
    /// C = A·Bᵀ as Cᵀ = B·Aᵀ: the large weight matrix B is read once, in its own order, and only the small A and C are
    /// transposed.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void MultiplySwapped(Operand a, Operand b, Operand c)
    {
        var panels = (c.Rows + Nr - 1) / Nr;
        // With one block of k, a tile of Cᵀ is finished at once and needs no place of its own.
        var transposedRows = a.Columns > Kc ? c.Columns : TLanes.MaxTileRows;
        var packedA = Scratch.Take((panels * Kc * Nr) + (panels * transposedRows * Nr));
        var transposedC = packedA + (panels * Kc * Nr);
        var k = 0;
        do
        {
            var kc = Math.Min(Kc, a.Columns - k);
            if (c.Rows % Nr != 0) new Span<float>(packedA + ((panels - 1) * kc * Nr), kc * Nr).Clear();
            for (var p = 0; p < panels; p++)
                Packing.Transpose(a.At(p * Nr, k), a.Stride, Math.Min(Nr, c.Rows - (p * Nr)), kc, packedA + (p * kc * Nr), Nr);
            var tile = new Tile { AStride = b.Stride, BStride = Nr, K = kc, CStride = Nr, Continues = k > 0 };
            for (int row = 0, rows; row < c.Columns; row += rows)
            {
                rows = Microkernel.RowsOf<TLanes, TVector>(c.Columns - row);
                tile.A = b.At(row, k);
                for (var p = 0; p < panels; p++)
                {
                    tile.B = packedA + (p * kc * Nr);
                    tile.C = transposedC + (((p * transposedRows) + (a.Columns > Kc ? row : 0)) * Nr);
                    Microkernel.Run<TLanes, TVector, RowMajorA, ReadsB>(rows, tile);
                    if (k + kc == a.Columns)
                        Packing.Transpose(tile.C, Nr, rows, Math.Min(Nr, c.Rows - (p * Nr)), c.At(p * Nr, row), c.Stride);
                }
            }
            k += kc;
        }
        while (k < a.Columns);
    }
}
