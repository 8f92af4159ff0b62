using System.Runtime.CompilerServices;

namespace ActorTrain.Kernels;

/// <summary>
/// The forward product for a batch of one row: each weight is used once, so that memory sets the pace.
/// </summary>
/// <remarks>
/// 0.5 operations a byte where the core can do 5 to 10 for each byte that comes from L3: only the order of reading
/// matters. Panels would read a line of each row, on a page of its own each time. Instead eight rows of the matrix
/// go by together, each from end to end, as hardware prefetches them best; the chains wait in c, which stays in L1.
/// </remarks>
internal static unsafe class RowTimesMatrix<TLanes, TVector>
    where TLanes : struct, ILanes<TVector> where TVector : struct
{
    private const int RowsAtOnce = 8;

    /// <summary>c = a·B + bias, for a [K], B [K, N], c [N]. An absent bias is null.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(float* a, Operand b, float* bias, float* c)
    {
        var whole = b.Columns / TLanes.Count * TLanes.Count;
        new Span<float>(c, whole).Clear();
        var k = 0;
        for (; k <= b.Rows - RowsAtOnce; k += RowsAtOnce) AddEight(a + k, b.At(k, 0), b.Stride, whole, c);
        for (; k < b.Rows; k++) AddOne(a[k], b.At(k, 0), whole, c);
        if (whole < b.Columns) MultiplyLast(a, b, whole, c);
        if (bias == null) return;
        var sums = new Span<float>(c, b.Columns);
        VectorOperations.Add(sums, new(bias, b.Columns), sums);
    }

    // c ← the next eight links of each chain.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddEight(float* a, float* b, nint stride, int columns, float* c)
    {
        TVector a0 = TLanes.Create(a[0]), a1 = TLanes.Create(a[1]), a2 = TLanes.Create(a[2]), a3 = TLanes.Create(a[3]);
        TVector a4 = TLanes.Create(a[4]), a5 = TLanes.Create(a[5]), a6 = TLanes.Create(a[6]), a7 = TLanes.Create(a[7]);
        for (var j = 0; j < columns; j += TLanes.Count)
        {
            float* upper = b + j, lower = upper + (4 * stride);
            var sum = TLanes.Load(c + j);
            sum = TLanes.FusedMultiplyAdd(a0, TLanes.Load(upper), sum);
            sum = TLanes.FusedMultiplyAdd(a1, TLanes.Load(upper + stride), sum);
            sum = TLanes.FusedMultiplyAdd(a2, TLanes.Load(upper + (2 * stride)), sum);
            sum = TLanes.FusedMultiplyAdd(a3, TLanes.Load(upper + (3 * stride)), sum);
            sum = TLanes.FusedMultiplyAdd(a4, TLanes.Load(lower), sum);
            sum = TLanes.FusedMultiplyAdd(a5, TLanes.Load(lower + stride), sum);
            sum = TLanes.FusedMultiplyAdd(a6, TLanes.Load(lower + (2 * stride)), sum);
            sum = TLanes.FusedMultiplyAdd(a7, TLanes.Load(lower + (3 * stride)), sum);
            TLanes.Store(sum, c + j);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddOne(float a, float* b, int columns, float* c)
    {
        var x = TLanes.Create(a);
        for (var j = 0; j < columns; j += TLanes.Count)
            TLanes.Store(TLanes.FusedMultiplyAdd(x, TLanes.Load(b + j), TLanes.Load(c + j)), c + j);
    }

    // Columns that fill no vector: it reads on into the next row, and the last rows, where there is none, one by one.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MultiplyLast(float* a, Operand b, int first, float* c)
    {
        var beyond = first + TLanes.Count - b.Columns;
        var vectorRows = Math.Max(0, b.Rows - ((beyond + (int)b.Stride - 1) / (int)b.Stride));
        var sum = TLanes.Create(0f);
        var row = b.At(0, first);
        for (var k = 0; k < vectorRows; k++, row += b.Stride)
            sum = TLanes.FusedMultiplyAdd(TLanes.Create(a[k]), TLanes.Load(row), sum);
        var lanes = stackalloc float[TLanes.Count];
        TLanes.Store(sum, lanes);
        for (var j = first; j < b.Columns; j++)
        {
            c[j] = lanes[j - first];
            for (var k = vectorRows; k < b.Rows; k++) c[j] = MathF.FusedMultiplyAdd(a[k], *b.At(k, j), c[j]);
        }
    }
}
