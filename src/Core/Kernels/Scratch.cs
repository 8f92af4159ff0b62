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
    [ThreadStatic] private static Memory<float> _operand;

    /// <summary>
    /// Uninitialised memory for <paramref name="count"/> floats, valid until the thread's next call of this.
    /// </summary>
    public static float* Take(int count) => Take(ref _memory, count);

    /// <summary>
    /// As <see cref="Take(int)"/>, for an operand that is rewritten before a product that takes memory itself: valid
    /// until the thread's next call of this.
    /// </summary>
    public static float* TakeOperand(int count) => Take(ref _operand, count);

    private static float* Take(ref Memory<float> memory, int count)
    {
        if (memory.Length < count) memory = AlignedMemory.Allocate(count);
        // The array is pinned for life (AlignedMemory), so its address may leave the span.
        return (float*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(memory.Span));
    }
}
