namespace ActorTrain.Kernels;

/// <summary>A row-major matrix in pinned memory, as the loops read it.</summary>
internal readonly unsafe struct Operand(float* data, int rows, int columns, int stride)
{
    public float* Data { get; } = data;
    public int Rows { get; } = rows;
    public int Columns { get; } = columns;
    public nint Stride { get; } = stride;

    /// <summary>The address of element (<paramref name="row"/>, <paramref name="column"/>).</summary>
    public float* At(int row, int column) => Data + (row * Stride) + column;
}
