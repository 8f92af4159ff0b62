namespace ActorTrain.Kernels;

/// <summary>Where the rows of a parameter gradient go, some rows of some columns at a time.</summary>
internal unsafe interface IRowBlocks
{
    /// <summary>Memory for the block from this element on.</summary>
    float* At(int row, int column);

    /// <summary>Floats from one row of a block to the next.</summary>
    /// <param name="columns">Of the block.</param>
    nint StrideOf(int columns);

    /// <summary>A block is final.</summary>
    void Take(int row, int column, int rows, int columns);
}

/// <summary>The whole result, in one matrix.</summary>
internal readonly unsafe struct WholeResult(Operand c) : IRowBlocks
{
    public float* At(int row, int column) => c.At(row, column);

    public nint StrideOf(int columns) => c.Stride;

    public void Take(int row, int column, int rows, int columns)
    {
    }
}
