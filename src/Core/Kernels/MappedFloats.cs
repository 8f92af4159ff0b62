using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ActorTrain.Kernels;

/// <summary>
/// Floats in the view of a mapped file, so that vectors can lie in memory that another process reads. The view stays
/// mapped until this is disposed of; whoever hands spans of it out knows when that may be.
/// </summary>
public sealed unsafe class MappedFloats : MemoryManager<float>
{
    private readonly SafeBuffer _view;
    private readonly float* _start;
    private readonly int _count;

    /// <summary>Floats that begin at an offset of a view.</summary>
    /// <param name="view">Of the file.</param>
    /// <param name="offset">In bytes, a multiple of a cache line.</param>
    /// <param name="count">How many.</param>
    public MappedFloats(SafeBuffer view, long offset, int count)
    {
        byte* start = null;
        view.AcquirePointer(ref start);
        _view = view;
        _start = (float*)(start + offset);
        _count = count;
    }

    /// <summary>Where bytes lie among these floats, in bytes from the first on; below 0: elsewhere.</summary>
    public long OffsetOf(ReadOnlySpan<byte> bytes)
    {
        var first = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(bytes));
        var offset = first - (byte*)_start;
        return offset >= 0 && offset + bytes.Length <= _count * (long)sizeof(float) ? offset : -1;
    }

    /// <inheritdoc/>
    public override Span<float> GetSpan() => new(_start, _count);

    /// <inheritdoc/>
    public override MemoryHandle Pin(int elementIndex = 0) => new(_start + elementIndex);

    /// <inheritdoc/>
    public override void Unpin()
    {
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => _view.ReleasePointer();
}
