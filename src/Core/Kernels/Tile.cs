namespace ActorTrain.Kernels;

/// <summary>What one run of a microkernel reads and writes. Strides are in floats.</summary>
internal unsafe struct Tile
{
    /// <summary>First element of A; <see cref="AStride"/> is what <see cref="ILayoutOfA"/> says.</summary>
    public float* A;
    public nint AStride;

    /// <summary>K rows of NR floats, <see cref="BStride"/> apart.</summary>
    public float* B;
    public nint BStride;

    /// <summary>Where the rows of B are copied to, if the microkernel packs.</summary>
    public float* Packed;

    /// <summary>What a microkernel that prefetches asks for at each k, <see cref="PrefetchStride"/> apart.</summary>
    public float* Prefetch;
    public nint PrefetchStride;

    /// <summary>Length of the chain.</summary>
    public int K;

    /// <summary>The result, MR rows of NR floats.</summary>
    public float* C;
    public nint CStride;

    /// <summary>
    /// True where C comes from beyond L2: a tile of 6 rows then asks for the 6 rows below it, so that the next tile's
    /// chains need not wait for where they go on from.
    /// </summary>
    public bool FetchesNextC;

    /// <summary>Where the chains go on from, MR rows of NR floats; null: they start from 0.</summary>
    public float* Start;
    public nint StartStride;

    /// <summary>
    /// Tiles added after the chain, each <see cref="AddendStep"/> after the one before: bias or waiting sums.
    /// </summary>
    public int Addends;
    public float* Addend;
    public nint AddendStride;
    public nint AddendStep;
}

/// <summary>Where element (row m, step k) of A lies. Constants for the JIT: a step of 1 folds into addresses.</summary>
internal interface ILayoutOfA
{
    static abstract nint RowStep(nint stride);
    static abstract nint ChainStep(nint stride);
}

/// <summary>A's chain is contiguous: A[m·stride + k].</summary>
internal readonly struct RowMajorA : ILayoutOfA
{
    public static nint RowStep(nint stride) => stride;
    public static nint ChainStep(nint stride) => 1;
}

/// <summary>A's rows are contiguous: A[k·stride + m]; a transposed operand, or a packed micropanel.</summary>
internal readonly struct ColumnMajorA : ILayoutOfA
{
    public static nint RowStep(nint stride) => 1;
    public static nint ChainStep(nint stride) => stride;
}

/// <summary>What a microkernel does with B besides reading it.</summary>
internal interface IPacking
{
    /// <summary>Copies the rows of B that it reads into a micropanel, for the tiles after it.</summary>
    static abstract bool Packs { get; }

    /// <summary>
    /// Asks for rows of the B that comes next, which mostly lie on another page, where hardware does not look.
    /// </summary>
    static abstract bool Prefetches { get; }
}

/// <summary>B is only read.</summary>
internal readonly struct ReadsB : IPacking
{
    public static bool Packs => false;
    public static bool Prefetches => false;
}

/// <summary>B is read and packed: stores beside multiply-adds cost nothing, a pass of its own would.</summary>
internal readonly struct PacksB : IPacking
{
    public static bool Packs => true;
    public static bool Prefetches => false;
}

/// <summary>B is read, and one cache line of the next B is asked for at each k.</summary>
internal readonly struct PrefetchesB : IPacking
{
    public static bool Packs => false;
    public static bool Prefetches => true;
}
