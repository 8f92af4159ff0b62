using System.Runtime.InteropServices;
using ActorTrain.Kernels;

namespace ActorTrain.Core.Tests.Kernels;

/// <summary>A matrix that begins at any float of its memory and has gaps between its rows; the gaps are NaN.</summary>
internal sealed class PaddedMatrix
{
    private readonly float[] _memory;
    private readonly int _offset, _stride;

    private PaddedMatrix(int rows, int columns, int padding, int offset)
    {
        Rows = rows;
        Columns = columns;
        _stride = columns + padding;
        _offset = offset;
        _memory = new float[offset + (rows * _stride)];
        Array.Fill(_memory, float.NaN);
    }

    public int Rows { get; }

    public int Columns { get; }

    public MatrixView View => new(_memory.AsSpan(_offset), Rows, Columns, _stride);

    public MatrixSpan Span => new(_memory.AsSpan(_offset), Rows, Columns, _stride);

    public float this[int row, int column]
    {
        get => _memory[_offset + (row * _stride) + column];
        private set => _memory[_offset + (row * _stride) + column] = value;
    }

    public static PaddedMatrix Unwritten(int rows, int columns, int padding = 0, int offset = 0) =>
        new(rows, columns, padding, offset);

    public static PaddedMatrix Random(System.Random random, int rows, int columns, int padding = 0, int offset = 0)
    {
        var result = new PaddedMatrix(rows, columns, padding, offset);
        for (var row = 0; row < rows; row++)
            for (var column = 0; column < columns; column++)
                result[row, column] = (random.NextSingle() * 2) - 1;
        return result;
    }

    /// <summary>Some rows, copied to other memory.</summary>
    public PaddedMatrix CopyOfRows(int start, int count, int padding, int offset)
    {
        var result = new PaddedMatrix(count, Columns, padding, offset);
        for (var row = 0; row < count; row++)
            for (var column = 0; column < Columns; column++)
                result[row, column] = this[start + row, column];
        return result;
    }

    /// <summary>Element by element, rounded once.</summary>
    public PaddedMatrix Plus(PaddedMatrix other)
    {
        var result = new PaddedMatrix(Rows, Columns, 0, 0);
        for (var row = 0; row < Rows; row++)
            for (var column = 0; column < Columns; column++)
                result[row, column] = this[row, column] + other[row, column];
        return result;
    }

    public bool GapsAreUntouched()
    {
        for (var i = 0; i < _memory.Length; i++)
            if ((i < _offset || (i - _offset) % _stride >= Columns) && !float.IsNaN(_memory[i])) return false;
        return true;
    }

    /// <summary>The elements' bits, row by row, without the gaps.</summary>
    public int[] Bits()
    {
        var result = new List<int>(Rows * Columns);
        for (var row = 0; row < Rows; row++)
            result.AddRange(MemoryMarshal.Cast<float, int>(_memory.AsSpan(_offset + (row * _stride), Columns)));
        return [.. result];
    }
}
