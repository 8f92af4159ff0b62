using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace ActorTrain;

/// <summary>
/// An immutable, contiguous, cache-aligned vector of float32: all parameters of a model, their gradient, or a moment.
/// Averaging, an optimiser step, a checkpoint and a message are each one pass over its <see cref="Span"/>.
/// </summary>
public sealed class FlatVector
{
    private readonly ReadOnlyMemory<float> _memory;

    internal FlatVector(ReadOnlyMemory<float> memory) => _memory = memory;

    /// <summary>How many floats.</summary>
    public int Count => _memory.Length;

    /// <summary>The elements, without a copy.</summary>
    public ReadOnlySpan<float> Span => _memory.Span;

    /// <summary>The elements, without a copy.</summary>
    public ReadOnlyMemory<float> Memory => _memory;

    /// <summary>All zeros.</summary>
    public static FlatVector Zeros(int count) => new(AlignedMemory.AllocateZeroed(count));

    /// <summary>A vector with a copy of <paramref name="values"/>.</summary>
    public static FlatVector From(ReadOnlySpan<float> values)
    {
        var memory = AlignedMemory.Allocate(values.Length);
        values.CopyTo(memory.Span);
        return new(memory);
    }

    /// <summary>
    /// SHA-256 of the elements as little-endian float32, in hexadecimal: equal exactly when every bit is.
    /// </summary>
    public string Sha256()
    {
        if (BitConverter.IsLittleEndian) return Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(Span)));
        var bytes = new byte[Count * sizeof(float)];
        for (var i = 0; i < Count; i++)
            System.Buffers.Binary.BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * sizeof(float)), Span[i]);
        return Convert.ToHexStringLower(SHA256.HashData(bytes));
    }
}
