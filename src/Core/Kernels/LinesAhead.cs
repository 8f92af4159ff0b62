using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ActorTrain.Kernels;

/// <summary>
/// Cache lines that will be read later and lie anywhere, to be asked for a few at a time while a gradient is computed.
/// Of memory that moves meanwhile others are asked for: it costs time, no result.
/// </summary>
internal sealed unsafe class LinesAhead
{
    private const int LineBytes = AlignedMemory.AlignmentBytes;

    private nint[] _lines = [];
    private int _count;
    private int _panels;
    private int _each;

    /// <summary>None any more.</summary>
    public void Clear() => _count = 0;

    /// <summary>The lines of a span.</summary>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty) return;
        var first = (nint)Unsafe.AsPointer(ref MemoryMarshal.GetReference(bytes));
        var line = first & -LineBytes;
        var count = (int)((first + bytes.Length - 1 - line) / LineBytes) + 1;
        Reserve(_count + count);
        var added = _lines.AsSpan(_count, count);
        for (var i = 0; i < added.Length; i++) added[i] = line + (i * LineBytes);
        _count += count;
    }

    /// <summary>Divides the lines over the elements of a gradient.</summary>
    public void Divide(int rows, int columns)
    {
        _panels = Math.Max(1, (columns + RowsAhead.ColumnsOfLines - 1) / RowsAhead.ColumnsOfLines);
        var parts = RowsAhead.PartsOf(rows) * _panels;
        _each = (_count + parts - 1) / parts;
        // A tile may reach beyond the last row.
        var most = _each * (parts + 1);
        Reserve(most);
        if (_count > 0) Array.Fill(_lines, _lines[_count - 1], _count, most - _count);
    }

    /// <summary>Those that belong to a block that begins with this row and has all columns.</summary>
    public RowsAhead From(int row, RowsAhead ahead)
    {
        if (_count == 0) return ahead;
        ahead.Lines = (nint*)Unsafe.AsPointer(ref _lines[RowsAhead.PartsOf(row) * _panels * _each]);
        ahead.LinesEach = _each;
        return ahead;
    }

    // Pinned: the kernel walks over it.
    private void Reserve(int count)
    {
        if (count <= _lines.Length) return;
        var larger = GC.AllocateUninitializedArray<nint>(2 * count, pinned: true);
        _lines.AsSpan(0, _count).CopyTo(larger);
        _lines = larger;
    }
}
