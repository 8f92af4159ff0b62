using System.Runtime.CompilerServices;

namespace ActorTrain.Kernels;

/// <content>The input gradient by its transpose.</content>
internal static unsafe partial class Gemm<TLanes, TVector>
{
    private const int LeastSwappedKc = 128;

    // Rows of Cᵀ that are transposed together: whole tiles (of 6) and whole 8×8 blocks.
    private const int SwappedRows = 48;

    /// <summary>
    /// C = A·Bᵀ as Cᵀ = B·Aᵀ: the large weight matrix B is read once, in its own order, and only the small A and C are
    /// transposed.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void MultiplySwapped(Operand a, Operand b, Operand c)
    {
        var paddedM = (c.Rows + Nr - 1) / Nr * Nr;
        // With one block of k, rows of Cᵀ are finished at once, and transposed while they are in L1.
        var kcMax = EvenPart(a.Columns, Math.Max(Kc, LeastSwappedKc));
        var chunk = a.Columns <= kcMax ? Math.Min(SwappedRows, c.Columns) : c.Columns;
        var packed = Scratch.Take(paddedM * (kcMax + chunk));
        var transposed = packed + (paddedM * kcMax);
        var k = 0;
        do
        {
            var kc = Math.Min(kcMax, a.Columns - k);
            for (var m = 0; m < c.Rows; m += Nr)
                PackTransposed(a.At(m, k), a.Stride, kc, new Panel(Math.Min(Nr, c.Rows - m)), packed + (m * kc));
            for (var row = 0; row < c.Columns; row += chunk)
            {
                var rows = Math.Min(chunk, c.Columns - row);
                var tile = new Tile { A = b.At(row, k), AStride = b.Stride, K = kc };
                tile.CStride = tile.StartStride = paddedM;
                RunSwappedRows(rows, c.Rows, continues: k > 0, ref tile, packed, transposed);
                if (k + kc == a.Columns) Packing.Transpose(transposed, paddedM, rows, c.Rows, c.At(0, row), c.Stride);
            }
            k += kc;
        }
        while (k < a.Columns);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void RunSwappedRows(
        int end, int m, bool continues, ref Tile tile, float* packed, float* transposed)
    {
        for (int row = 0, rows; row < end; row += rows)
        {
            rows = Microkernel.RowsOf(end - row);
            // The rows of the next tile lie on other pages, or were written by another core.
            for (var ahead = rows; ahead < Math.Min(2 * rows, end - row); ahead++)
                for (var k = 0; k < tile.K; k += LineFloats) Packing.Prefetch(tile.A + (ahead * tile.AStride) + k);
            for (var j = 0; j < m; j += Nr)
            {
                var panel = new Panel(Math.Min(Nr, m - j));
                tile.B = packed + (j * tile.K);
                tile.BStride = panel.Nr;
                tile.C = transposed + (row * tile.CStride) + j;
                tile.Start = continues ? tile.C : null;
                Microkernel.Run<TLanes, TVector, RowMajorA, ReadsB>(panel.Vectors, rows, tile);
            }
            tile.A += rows * tile.AStride;
        }
    }
}
