using System.Runtime.CompilerServices;

namespace ActorTrain.Kernels;

/// <summary>Where the rows of a parameter gradient go, some rows of some columns at a time.</summary>
internal unsafe interface IRowBlocks
{
    /// <summary>Memory for the block from this element on.</summary>
    float* At(int row, int column);

    /// <summary>Floats from one row of a block to the next.</summary>
    /// <param name="columns">Of the block.</param>
    nint StrideOf(int columns);

    /// <summary>What will be read when this block is taken, to be asked for while it is computed.</summary>
    RowsAhead AheadOf(int row, int column);

    /// <summary>A block is final.</summary>
    void Take(int row, int column, int rows, int columns);
}

/// <summary>
/// Two matrices, of which rows and columns are asked for together, and lines that lie anywhere; null: nothing is.
/// </summary>
internal unsafe struct RowsAhead
{
    /// <summary>Rows and columns of a block for which some lines are asked for at once.</summary>
    public const int RowsOfLines = 3, ColumnsOfLines = 64;

    public float* First;
    public float* Second;

    /// <summary>Floats from one row to the next.</summary>
    public nint Stride;

    /// <summary>
    /// Addresses of cache lines, so many for each <see cref="RowsOfLines"/> rows of <see cref="ColumnsOfLines"/>
    /// columns.
    /// </summary>
    public nint* Lines;
    public int LinesEach;
    private bool _skipsLines;

    /// <summary>
    /// Asks for the lines of some rows, into L2. A core waits for some dozen lines at a time, and a burst of more keeps
    /// it from what it computes: so they are asked for a few at a time.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AskForLines(int rows)
    {
        if (_skipsLines) return;
        for (var left = LinesEach * PartsOf(rows); left > 0; left--) Packing.Prefetch((float*)*Lines++);
    }

    /// <summary>What is to be asked for with the panel after one of so many columns.</summary>
    /// <param name="column">The panel's first column.</param>
    /// <param name="columns">Of the panel.</param>
    /// <param name="rows">Of the block.</param>
    public readonly RowsAhead AfterColumns(int column, int columns, int rows)
    {
        var next = this;
        if (First != null)
        {
            next.First += columns;
            next.Second += columns;
        }
        next._skipsLines = (column + columns) % ColumnsOfLines != 0;
        if (!next._skipsLines) next.Lines += LinesEach * PartsOf(rows);
        return next;
    }

    /// <summary>How often lines are asked for while so many rows are computed.</summary>
    public static int PartsOf(int rows) => (rows + RowsOfLines - 1) / RowsOfLines;
}

/// <summary>The whole result, in one matrix.</summary>
internal readonly unsafe struct WholeResult(Operand c) : IRowBlocks
{
    public float* At(int row, int column) => c.At(row, column);

    public nint StrideOf(int columns) => c.Stride;

    public RowsAhead AheadOf(int row, int column) => default;

    public void Take(int row, int column, int rows, int columns)
    {
    }
}
