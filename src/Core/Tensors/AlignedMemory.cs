using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ActorTrain;

/// <summary>Memory of a caller's for vectors: aligned to a cache line, contents unspecified.</summary>
/// <param name="count">Floats.</param>
/// <returns>Empty where ordinary memory will do.</returns>
public delegate Memory<float> VectorMemory(int count);

/// <summary>Managed float memory that begins on a cache line, so that no vector load crosses one.</summary>
internal static class AlignedMemory
{
    /// <summary>Bytes of a cache line, and of the widest vector.</summary>
    public const int AlignmentBytes = 64;

    /// <summary>
    /// Uninitialised memory for <paramref name="count"/> floats. Pinned: its address, hence its alignment, stays.
    /// </summary>
    public static unsafe Memory<float> Allocate(int count)
    {
        const int slack = AlignmentBytes / sizeof(float);
        var array = GC.AllocateUninitializedArray<float>(count + slack, pinned: true);
        var address = (nuint)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(array));
        var skip = (int)((AlignmentBytes - (address % AlignmentBytes)) % AlignmentBytes) / sizeof(float);
        return array.AsMemory(skip, count);
    }

    /// <summary>The same, from a source if it has any.</summary>
    public static Memory<float> Allocate(int count, VectorMemory? source)
    {
        var memory = source is null ? default : source(count);
        return memory.IsEmpty ? Allocate(count) : memory;
    }

    /// <summary>The same, filled with zeros.</summary>
    public static Memory<float> AllocateZeroed(int count)
    {
        var memory = Allocate(count);
        memory.Span.Clear();
        return memory;
    }
}
