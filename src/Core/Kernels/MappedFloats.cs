using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ActorTrain.Kernels;

/// <summary>
/// Floats in the view of a mapped file, so that vectors can lie in memory that another process reads, and the number of
/// what is in them, so that it can tell whether they were written anew meanwhile. The view stays mapped until this is
/// disposed of; whoever hands spans of it out knows when that may be.
/// </summary>
public sealed unsafe class MappedFloats : MemoryManager<float>
{
    private readonly SafeBuffer _view;
    private readonly float* _start;
    private readonly long* _generation;
    private readonly int _count;

    /// <summary>Floats that begin at an offset of a view.</summary>
    /// <param name="view">Of the file.</param>
    /// <param name="offset">
    /// In bytes, a multiple of a cache line, not 0: the line before the floats is their generation's.
    /// </param>
    /// <param name="count">How many.</param>
    public MappedFloats(SafeBuffer view, long offset, int count)
    {
        byte* start = null;
        view.AcquirePointer(ref start);
        _view = view;
        _start = (float*)(start + offset);
        _generation = (long*)(start + offset - AlignedMemory.AlignmentBytes);
        _count = count;
    }

    /// <summary>
    /// Which contents the floats have; another number each time that they are handed out to be written anew.
    /// </summary>
    public long Generation => Volatile.Read(ref *_generation);

    /// <summary>
    /// Memory is about to be written anew: if it is such floats, their contents get another number. Other memory is not
    /// touched.
    /// </summary>
    public static void Renew(ReadOnlyMemory<float> memory)
    {
        // A full fence: who sees a float of the new contents sees their number too.
        if (MemoryMarshal.TryGetMemoryManager<float, MappedFloats>(memory, out var floats))
            Interlocked.Increment(ref *floats._generation);
    }

    /// <summary>Copies bytes of some contents; for another process, which only reads.</summary>
    /// <param name="offset">From the first float on.</param>
    /// <param name="destination">Where to.</param>
    /// <param name="generation">Of the contents.</param>
    /// <returns>
    /// Whether it is they, all of them: not when the floats were handed out anew, before or while they were copied.
    /// </returns>
    public bool TryCopy(long offset, Span<byte> destination, long generation)
    {
        if (Generation != generation) return false;
        MemoryMarshal.AsBytes(GetSpan()).Slice((int)offset, destination.Length).CopyTo(destination);
        // The number is read after the floats: if one of them were of newer contents, so were the number.
        Volatile.ReadBarrier();
        return Generation == generation;
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
