using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ActorTrain.Kernels;

/// <summary>
/// Working memory of one thread's kernel calls: cache-aligned, grown to the largest call and kept, so that steady
/// training allocates nothing. It carries nothing from one call to the next.
/// </summary>
internal static unsafe class Scratch
{
    [ThreadStatic] private static Memory<float> _memory;

    /// <summary>
    /// Uninitialised memory for <paramref name="count"/> floats, valid until the thread's next call of this.
    /// </summary>
    public static float* Take(int count)
    {
        if (_memory.Length < count) _memory = AlignedMemory.Allocate(count);
        // The array is pinned for life (AlignedMemory), so its address may leave the span.
        return (float*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(_memory.Span));
    }
}
