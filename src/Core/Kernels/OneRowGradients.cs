using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ActorTrain.Kernels;

/// <summary>
/// The products of the backward pass for a batch of one row. As in <see cref="RowTimesMatrix{TLanes, TVector}"/>, each
/// weight is used once: only the order of reading and writing matters, and panels would be written to be read once.
/// </summary>
internal static unsafe class OneRowGradients
{
    // Four chains of vectors are in flight: a multiply-add takes four cycles.
    private const int RowsAtOnce = 32;

    // Rows at a multiple of this stride share sets of L1, of eight lines or little more: then each eight rows are so
    // many columns behind those before them.
    private const int SharingStride = 512, Lag = 64;

    /// <summary>C [K, N] = aᵀ·b, for a [K] and b [N]: each a chain of one link.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void OuterProduct<TLanes, TVector>(float* a, float* b, Operand c)
        where TLanes : struct, ILanes<TVector> where TVector : struct
    {
        var zero = TLanes.Create(0f);
        var whole = c.Columns / TLanes.Count * TLanes.Count;
        var last = stackalloc float[AlignedMemory.AlignmentBytes / sizeof(float)];
        for (var j = whole; j < c.Columns; j++) last[j - whole] = b[j];
        var lastColumns = TLanes.Load(last);
        // Where rows lie one after another, what is written beyond a row's end is the next row's, which follows.
        var floats = c.Stride == c.Columns ? c.Rows * c.Stride : 0;
        for (var i = 0; i < c.Rows; i++)
        {
            var x = TLanes.Create(a[i]);
            var row = c.At(i, 0);
            for (var j = 0; j < whole; j += TLanes.Count)
                TLanes.Store(TLanes.FusedMultiplyAdd(x, TLanes.Load(b + j), zero), row + j);
            if (whole == c.Columns) continue;
            if ((i * c.Stride) + whole + TLanes.Count <= floats)
                TLanes.Store(TLanes.FusedMultiplyAdd(x, lastColumns, zero), row + whole);
            else
                for (var j = whole; j < c.Columns; j++) row[j] = MathF.FusedMultiplyAdd(a[i], b[j], 0);
        }
    }

    /// <summary>
    /// c = a·Bᵀ, for a [K], B [N, K], c [N]: eight rows of B side by side in a vector, transposed in registers.
    /// </summary>
    /// <param name="a">One row.</param>
    /// <param name="b">A row for each element of the result.</param>
    /// <param name="c">The result.</param>
    /// <param name="holdsLines">
    /// Whether the processor has 32 registers: they hold all that a cache line of eight rows is multiplied by.
    /// </param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void MultiplyTransposed(float* a, Operand b, float* c, bool holdsLines)
    {
        var n = 0;
        if (Avx.IsSupported)
        {
            for (; n <= b.Rows - RowsAtOnce; n += RowsAtOnce)
                MultiplyMany(a, b.At(n, 0), b.Stride, b.Columns, c + n, holdsLines);
            for (; n <= b.Rows - 8; n += 8) MultiplyEight(a, b.At(n, 0), b.Stride, b.Columns, c + n);
        }
        for (; n < b.Rows; n++)
        {
            var row = b.At(n, 0);
            var sum = 0f;
            for (var k = 0; k < b.Columns; k++) sum = MathF.FusedMultiplyAdd(a[k], row[k], sum);
            c[n] = sum;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MultiplyMany(float* a, float* b, nint stride, int columns, float* c, bool holdsLines)
    {
        new Span<float>(c, RowsAtOnce).Clear();
        var whole = columns & -(holdsLines ? Line.Count : Four.Count);
        var sharesSets = stride % SharingStride == 0;
        if (holdsLines && sharesSets) AddStaggered<Line>(a, b, stride, whole, c);
        else if (holdsLines) AddTogether<Line>(a, b, stride, whole, c);
        else if (sharesSets) AddStaggered<Four>(a, b, stride, whole, c);
        else AddTogether<Four>(a, b, stride, whole, c);
        for (var row = 0; row < RowsAtOnce && whole < columns; row += 8)
            AddColumns(a, b + (row * stride), stride, whole, columns, c + row);
    }

    // Chains wait in C between methods: the JIT would keep what is live over a call in memory all the time.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void AddTogether<TColumns>(float* a, float* b, nint stride, nint columns, float* c)
        where TColumns : struct, IColumnsOfEight
    {
        Vector256<float> sum0 = Vector256.Load(c), sum1 = Vector256.Load(c + 8);
        Vector256<float> sum2 = Vector256.Load(c + 16), sum3 = Vector256.Load(c + 24);
        float* b1 = b + (8 * stride), b2 = b + (16 * stride), b3 = b + (24 * stride);
        for (nint k = 0; k < columns; k += TColumns.Count)
        {
            TColumns.Add(a + k, b + k, stride, ref sum0);
            TColumns.Add(a + k, b1 + k, stride, ref sum1);
            TColumns.Add(a + k, b2 + k, stride, ref sum2);
            TColumns.Add(a + k, b3 + k, stride, ref sum3);
        }
        sum0.Store(c);
        sum1.Store(c + 8);
        sum2.Store(c + 16);
        sum3.Store(c + 24);
    }

    // The same with each eight rows some columns behind those before them.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void AddStaggered<TColumns>(float* a, float* b, nint stride, nint columns, float* c)
        where TColumns : struct, IColumnsOfEight
    {
        Vector256<float> sum0 = Vector256.Load(c), sum1 = Vector256.Load(c + 8);
        Vector256<float> sum2 = Vector256.Load(c + 16), sum3 = Vector256.Load(c + 24);
        float* b1 = b + (8 * stride), b2 = b + (16 * stride), b3 = b + (24 * stride);
        for (nint k = 0; k < columns + (3 * Lag); k += TColumns.Count)
        {
            nint k1 = k - Lag, k2 = k1 - Lag, k3 = k2 - Lag;
            if (k < columns) TColumns.Add(a + k, b + k, stride, ref sum0);
            if ((nuint)k1 < (nuint)columns) TColumns.Add(a + k1, b1 + k1, stride, ref sum1);
            if ((nuint)k2 < (nuint)columns) TColumns.Add(a + k2, b2 + k2, stride, ref sum2);
            if ((nuint)k3 < (nuint)columns) TColumns.Add(a + k3, b3 + k3, stride, ref sum3);
        }
        sum0.Store(c);
        sum1.Store(c + 8);
        sum2.Store(c + 16);
        sum3.Store(c + 24);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MultiplyEight(float* a, float* b, nint stride, int columns, float* c)
    {
        new Span<float>(c, 8).Clear();
        AddColumns(a, b, stride, 0, columns, c);
    }

    // The links of eight chains from one column to another.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void AddColumns(float* a, float* b, nint stride, int k, int end, float* c)
    {
        var sum = Vector256.Load(c);
        for (; k <= end - 4; k += 4) AddFour(a + k, b + k, stride, ref sum);
        for (; k < end; k++) AddOne(a[k], b + k, stride, ref sum);
        sum.Store(c);
    }

    // The next four links of eight chains.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddFour(float* a, float* b, nint stride, ref Vector256<float> sum)
    {
        var (b0, b1, b2, b3) = Packing.Transpose8x4(b, stride);
        sum = Vector256.FusedMultiplyAdd(Vector256.Create(a[0]), b0, sum);
        sum = Vector256.FusedMultiplyAdd(Vector256.Create(a[1]), b1, sum);
        sum = Vector256.FusedMultiplyAdd(Vector256.Create(a[2]), b2, sum);
        sum = Vector256.FusedMultiplyAdd(Vector256.Create(a[3]), b3, sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddOne(float a, float* b, nint stride, ref Vector256<float> sum)
    {
        var low = b + (4 * stride);
        var column = Vector256.Create(
            *b, b[stride], b[2 * stride], b[3 * stride], *low, low[stride], low[2 * stride], low[3 * stride]);
        sum = Vector256.FusedMultiplyAdd(Vector256.Create(a), column, sum);
    }

    /// <summary>How many columns of eight rows are added before the next eight rows come.</summary>
    private interface IColumnsOfEight
    {
        static abstract int Count { get; }

        static abstract void Add(float* a, float* b, nint stride, ref Vector256<float> sum);
    }

    /// <summary>As many as 16 registers hold the factors of.</summary>
    private readonly struct Four : IColumnsOfEight
    {
        public static int Count => 4;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Add(float* a, float* b, nint stride, ref Vector256<float> sum) =>
            AddFour(a, b, stride, ref sum);
    }

    /// <summary>
    /// A cache line of each: taken from all 32 rows in turn, lines 4 KB apart would drive each other out of L1.
    /// </summary>
    private readonly struct Line : IColumnsOfEight
    {
        public static int Count => 16;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Add(float* a, float* b, nint stride, ref Vector256<float> sum)
        {
            AddFour(a, b, stride, ref sum);
            AddFour(a + 4, b + 4, stride, ref sum);
            AddFour(a + 8, b + 8, stride, ref sum);
            AddFour(a + 12, b + 12, stride, ref sum);
        }
    }
}
