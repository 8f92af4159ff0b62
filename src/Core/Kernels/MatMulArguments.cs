namespace ActorTrain.Kernels;

/// <summary>Checks at the entry of every matrix product; the loops behind it use pointers and check nothing.</summary>
internal static class MatMulArguments
{
    /// <summary>Requires that the sizes of one product agree, and that the leaves divide the batch.</summary>
    /// <exception cref="ArgumentException">They do not; the message names the operand.</exception>
    public static void Check(
        string product, MatrixView a, MatrixView b, MatrixSpan c, (int M, int N, int K, int OtherK) sizes, int batch,
        ReadOnlySpan<int> leafRows)
    {
        CheckMemory(product, "A", a.Data.Length, a.Rows, a.Columns, a.Stride);
        CheckMemory(product, "B", b.Data.Length, b.Rows, b.Columns, b.Stride);
        CheckMemory(product, "C", c.Data.Length, c.Rows, c.Columns, c.Stride);
        if (sizes.K != sizes.OtherK || c.Rows != sizes.M || c.Columns != sizes.N)
            throw new ArgumentException($"{product}: A [{a.Rows}, {a.Columns}], B [{b.Rows}, {b.Columns}] and "
                + $"C [{c.Rows}, {c.Columns}] do not fit together.");
        var sum = 0L;
        foreach (var rows in leafRows)
        {
            if (rows < 0)
                throw new ArgumentException($"{product}: a leaf of {rows} rows; give 0 or more.", nameof(leafRows));
            sum += rows;
        }
        if (sum != batch)
            throw new ArgumentException($"{product}: the leaves have {sum} rows, the batch has {batch}.",
                nameof(leafRows));
    }

    /// <summary>Requires one bias for each column, or none.</summary>
    /// <exception cref="ArgumentException">Neither.</exception>
    public static void CheckBias(int biasLength, int columns)
    {
        if (biasLength != 0 && biasLength != columns)
            throw new ArgumentException(
                $"Multiply: bias of {biasLength} elements for {columns} columns; give {columns}, or none.");
    }

    private static void CheckMemory(string product, string name, int length, int rows, int columns, int stride)
    {
        if (rows < 0 || columns < 0 || stride < columns)
            throw new ArgumentException($"{product}: {name} is [{rows}, {columns}] with stride {stride}; "
                + "sizes must not be negative, nor the stride less than the columns.");
        var needed = rows == 0 || columns == 0 ? 0 : ((rows - 1) * (long)stride) + columns;
        if (length < needed)
            throw new ArgumentException(
                $"{product}: {name} is [{rows}, {columns}] with stride {stride}, which takes {needed} floats; "
                + $"its memory has {length}.");
    }
}
