using System.Buffers;
using System.Numerics;

namespace ActorTrain.Kernels;

/// <summary>
/// The products of a training step by a native BLAS: <c>mkl</c> or <c>openblas</c>. Its sgemm is called once for each
/// leaf, on the calling thread, so a leaf's bits depend on its own sizes and numbers only: the same for any number of
/// shards on processors of one kind. Another kind of processor, or another version of the library, may round otherwise.
/// </summary>
/// <remarks>
/// Makes no garbage in steady state: the waiting sums of <see cref="PairwiseTree"/> lie in the thread's scratch.
/// </remarks>
public sealed unsafe class CblasMatMul : IMatMul
{
    private readonly CblasLibrary _library;

    internal CblasMatMul(CblasLibrary library) => _library = library;

    /// <inheritdoc/>
    public string Name => _library.Kernel;

    /// <summary>The library's version and settings, for logs.</summary>
    public string Description => _library.Description;

    /// <summary>
    /// Intel MKL (<c>libmkl_rt</c>, LP64), its sequential layer, conditional numerical reproducibility on. These are
    /// settings of the whole process: create it before anything else calls MKL.
    /// </summary>
    /// <param name="searchFolders">Where to look first, for example <c>$MKLROOT/lib/intel64</c> and
    /// <c>$MKLROOT/lib</c>; then the system's own search path.</param>
    /// <exception cref="KernelUnavailableException">MKL is absent, or already in use with other settings.</exception>
    public static CblasMatMul LoadMkl(params ReadOnlySpan<string> searchFolders) =>
        new(CblasLibrary.Load(new MklVendor(), searchFolders));

    /// <summary>OpenBLAS (<c>libopenblas</c>, 32-bit integers), set to one thread for the whole process.</summary>
    /// <param name="searchFolders">Where to look first; then the system's own search path.</param>
    /// <exception cref="KernelUnavailableException">OpenBLAS is absent.</exception>
    public static CblasMatMul LoadOpenBlas(params ReadOnlySpan<string> searchFolders) =>
        new(CblasLibrary.Load(new OpenBlasVendor(), searchFolders));

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">Sizes that do not fit each other, memory that is too short, or leaves that
    /// are not all the rows.</exception>
    public void Multiply(MatrixView a, MatrixView b, ReadOnlySpan<float> bias, MatrixSpan c, ReadOnlySpan<int> leafRows)
    {
        MatMulArguments.Check("Multiply", a, b, c, (a.Rows, b.Columns, a.Columns, b.Rows), a.Rows, leafRows);
        MatMulArguments.CheckBias(bias.Length, c.Columns);
        LeafByLeaf(a, CblasLibrary.NoTranspose, b, c, leafRows);
        if (bias.IsEmpty) return;
        for (var row = 0; row < c.Rows; row++)
        {
            var line = c.Data.Slice(row * c.Stride, c.Columns);
            VectorOperations.Add(line, bias, line);
        }
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">Sizes that do not fit each other, memory that is too short, or leaves that
    /// are not all the rows.</exception>
    public void MultiplyTransposed(MatrixView a, MatrixView b, MatrixSpan c, ReadOnlySpan<int> leafRows)
    {
        MatMulArguments.Check("MultiplyTransposed", a, b, c, (a.Rows, b.Rows, a.Columns, b.Columns), a.Rows, leafRows);
        LeafByLeaf(a, CblasLibrary.Transpose, b, c, leafRows);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">Sizes that do not fit each other, memory that is too short, or leaves that
    /// are not all the rows.</exception>
    public void TransposedMultiply(MatrixView a, MatrixView b, MatrixSpan c, ReadOnlySpan<int> leafRows)
    {
        MatMulArguments.Check("TransposedMultiply", a, b, c, (a.Columns, b.Columns, a.Rows, b.Rows), a.Rows, leafRows);
        if (c.Rows == 0 || c.Columns == 0) return;
        // The lowest waiting sum lies in c itself; above it wait at most log₂(leaves) more.
        var waitingCount = leafRows.IsEmpty ? 0 : BitOperations.Log2((uint)leafRows.Length);
        var stride = c.Columns == 1 ? 1 : RoundUp(c.Columns, AlignedMemory.AlignmentBytes / sizeof(float));
        var scratch = new Block(Scratch.Take(checked(waitingCount * c.Rows * stride)), c.Columns, stride);
        fixed (float* pa = a.Data, pb = b.Data, pc = c.Data)
            SumLeaves(
                new(pa, a.Columns, a.Stride), new(pb, b.Columns, b.Stride), new(pc, c.Columns, c.Stride), scratch,
                c.Rows, leafRows);
    }

    private void SumLeaves(Block a, Block b, Block c, Block scratch, int rows, ReadOnlySpan<int> leafRows)
    {
        if (leafRows.IsEmpty) c.Clear(rows);
        int depth = 0, row = 0;
        for (var leaf = 0; leaf < leafRows.Length; leaf++)
        {
            Gemm(
                CblasLibrary.Transpose, a.From(row), CblasLibrary.NoTranspose, b.From(row), Waiting(depth++), rows,
                leafRows[leaf]);
            for (var joins = PairwiseTree.JoinsAfter(leaf); joins > 0; joins--) Join();
            row += leafRows[leaf];
        }
        while (depth > 1) Join();

        Block Waiting(int index) => index == 0 ? c : scratch.From((index - 1) * rows);

        void Join()
        {
            depth--;
            Block left = Waiting(depth - 1), right = Waiting(depth);
            for (var r = 0; r < rows; r++) VectorOperations.Add(left.Row(r), right.Row(r), left.Row(r));
        }
    }

    private void LeafByLeaf(MatrixView a, int transposeB, MatrixView b, MatrixSpan c, ReadOnlySpan<int> leafRows)
    {
        if (c.Columns == 0) return;
        fixed (float* pa = a.Data, pb = b.Data, pc = c.Data)
        {
            Block from = new(pa, a.Columns, a.Stride), with = new(pb, b.Columns, b.Stride);
            var to = new Block(pc, c.Columns, c.Stride);
            var row = 0;
            foreach (var rows in leafRows)
            {
                if (rows > 0)
                    Gemm(CblasLibrary.NoTranspose, from.From(row), transposeB, with, to.From(row), rows, a.Columns);
                row += rows;
            }
        }
    }

    // k = 0 is done here: BLAS asks for leading dimensions of at least 1, and libraries differ in what they write.
    private void Gemm(int transposeA, Block a, int transposeB, Block b, Block c, int m, int k)
    {
        if (k == 0)
        {
            c.Clear(m);
            return;
        }
        // MKL takes other paths, which round otherwise, for a column with gaps than for one without. Measured over 4563
        // triples of sizes, this is the only way in which the layout of its operands shows in its results.
        if (a.IsColumnWithGaps || b.IsColumnWithGaps || c.IsColumnWithGaps)
            GemmWithoutGaps(transposeA, a, transposeB, b, c, m, k);
        else
            Sgemm(transposeA, a, transposeB, b, c, m, k);
    }

    private void GemmWithoutGaps(int transposeA, Block a, int transposeB, Block b, Block c, int m, int k)
    {
        var rowsOfA = transposeA == CblasLibrary.NoTranspose ? m : k;
        var rowsOfB = transposeB == CblasLibrary.NoTranspose ? k : c.Columns;
        var memory = ArrayPool<float>.Shared.Rent(rowsOfA + rowsOfB + m);
        fixed (float* start = memory)
        {
            var result = c.IsColumnWithGaps ? new Block(start + rowsOfA + rowsOfB, 1, 1) : c;
            Sgemm(transposeA, a.WithoutGaps(rowsOfA, start), transposeB, b.WithoutGaps(rowsOfB, start + rowsOfA),
                result, m, k);
            if (c.IsColumnWithGaps)
                for (var row = 0; row < m; row++) c.Row(row)[0] = result.Row(row)[0];
        }
        ArrayPool<float>.Shared.Return(memory);
    }

    private void Sgemm(int transposeA, Block a, int transposeB, Block b, Block c, int m, int k) => _library.Sgemm(
        CblasLibrary.RowMajor, transposeA, transposeB, m, c.Columns, k, 1, a.Start, a.Stride, b.Start, b.Stride, 0,
        c.Start, c.Stride);

    private static int RoundUp(int value, int multiple) => checked((value + multiple - 1) / multiple * multiple);

    /// <summary>Rows of pinned memory.</summary>
    private readonly struct Block(float* start, int columns, int stride)
    {
        public float* Start { get; } = start;

        public int Columns { get; } = columns;

        public int Stride { get; } = stride;

        public bool IsColumnWithGaps => Columns == 1 && Stride != 1;

        public Block From(int row) => new(Start + ((nint)row * Stride), Columns, Stride);

        public Span<float> Row(int row) => new(Start + ((nint)row * Stride), Columns);

        /// <summary>This, or a column with gaps copied to <paramref name="memory"/>.</summary>
        public Block WithoutGaps(int rows, float* memory)
        {
            if (!IsColumnWithGaps) return this;
            for (var row = 0; row < rows; row++) memory[row] = Row(row)[0];
            return new(memory, 1, 1);
        }

        public void Clear(int rows)
        {
            for (var row = 0; row < rows; row++) Row(row).Clear();
        }
    }
}
