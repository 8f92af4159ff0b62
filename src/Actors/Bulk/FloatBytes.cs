using System.Buffers;
using System.Runtime.InteropServices;

namespace ActorTrain.Actors.Bulk;

/// <summary>Floats as the bytes that they are made of, without a copy: to send or to receive a vector.</summary>
/// <remarks>Make one for a vector and keep it: each is an object.</remarks>
/// <param name="floats">Not owned.</param>
public sealed class FloatBytes(Memory<float> floats) : MemoryManager<byte>
{
    /// <summary>For memory that nobody will write through this.</summary>
    public static ReadOnlyMemory<byte> Of(ReadOnlyMemory<float> floats) =>
        new FloatBytes(MemoryMarshal.AsMemory(floats)).Memory;

    /// <inheritdoc/>
    public override Span<byte> GetSpan() => MemoryMarshal.AsBytes(floats.Span);

    /// <inheritdoc/>
    public override MemoryHandle Pin(int elementIndex = 0) =>
        throw new NotSupportedException("FloatBytes: pin the floats instead.");

    /// <inheritdoc/>
    public override void Unpin()
    {
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
    }
}
