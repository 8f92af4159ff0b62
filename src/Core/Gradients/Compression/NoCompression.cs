using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace ActorTrain;

/// <summary>Bit for bit: 4 bytes for each element.</summary>
public sealed record NoCompression : Compression
{
    /// <inheritdoc/>
    public override int EncodedBytes(int count) => checked(count * sizeof(float));

    private protected override void Write(ReadOnlySpan<float> gradient, Span<float> residual, Span<byte> bytes)
    {
        MemoryMarshal.AsBytes(gradient).CopyTo(bytes);
        if (!BitConverter.IsLittleEndian) Swap(MemoryMarshal.Cast<byte, int>(bytes));
    }

    private protected override void Read(ReadOnlySpan<byte> bytes, Span<float> gradient)
    {
        bytes.CopyTo(MemoryMarshal.AsBytes(gradient));
        if (!BitConverter.IsLittleEndian) Swap(MemoryMarshal.Cast<float, int>(gradient));
    }

    private static void Swap(Span<int> numbers) => BinaryPrimitives.ReverseEndianness(numbers, numbers);
}
