using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ActorTrain;

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

    /// <summary>The same, filled with zeros.</summary>
    public static Memory<float> AllocateZeroed(int count)
    {
        var memory = Allocate(count);
        memory.Span.Clear();
        return memory;
    }
}
