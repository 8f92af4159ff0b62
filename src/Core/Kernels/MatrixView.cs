namespace ActorTrain.Kernels;

/// <summary>A row-major matrix to read: element (r, c) is <c>Data[r * Stride + c]</c>.</summary>
/// <param name="data">The elements; the last row needs no padding.</param>
/// <param name="rows">How many rows.</param>
/// <param name="columns">How many columns.</param>
/// <param name="stride">
/// Floats from one row to the next, at least <paramref name="columns"/> (BLAS: the leading dimension).
/// </param>
public readonly ref struct MatrixView(ReadOnlySpan<float> data, int rows, int columns, int stride)
{
    /// <summary>A matrix without padding.</summary>
    public MatrixView(ReadOnlySpan<float> data, int rows, int columns) : this(data, rows, columns, columns) { }

    /// <summary>The elements.</summary>
    public ReadOnlySpan<float> Data { get; } = data;

    /// <summary>How many rows.</summary>
    public int Rows { get; } = rows;

    /// <summary>How many columns.</summary>
    public int Columns { get; } = columns;

    /// <summary>Floats from one row to the next.</summary>
    public int Stride { get; } = stride;
}

/// <summary>A row-major matrix to write: element (r, c) is <c>Data[r * Stride + c]</c>.</summary>
/// <param name="data">The elements; the last row needs no padding.</param>
/// <param name="rows">How many rows.</param>
/// <param name="columns">How many columns.</param>
/// <param name="stride">
/// Floats from one row to the next, at least <paramref name="columns"/> (BLAS: the leading dimension).
/// </param>
public readonly ref struct MatrixSpan(Span<float> data, int rows, int columns, int stride)
{
    /// <summary>A matrix without padding.</summary>
    public MatrixSpan(Span<float> data, int rows, int columns) : this(data, rows, columns, columns) { }

    /// <summary>The elements.</summary>
    public Span<float> Data { get; } = data;

    /// <summary>How many rows.</summary>
    public int Rows { get; } = rows;

    /// <summary>How many columns.</summary>
    public int Columns { get; } = columns;

    /// <summary>Floats from one row to the next.</summary>
    public int Stride { get; } = stride;
}
