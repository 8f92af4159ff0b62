using System.Buffers.Binary;
using System.Runtime.InteropServices;
using ActorTrain.Kernels;

namespace ActorTrain;

/// <summary>
/// bfloat16: the upper half of a float32, rounded to nearest, ties to even; 2 bytes for each element, a relative error
/// of at most 2⁻⁸ (2⁻⁹ of the number's power of two). No residual: the errors of rounding to nearest have no direction.
/// Source: Kalamkar et al. 2019, "A Study of BFLOAT16 for Deep Learning Training".
/// </summary>
public sealed record Bf16 : Compression
{
    /// <inheritdoc/>
    public override int EncodedBytes(int count) => checked(count * sizeof(ushort));

    private protected override void Write(ReadOnlySpan<float> gradient, Span<float> residual, Span<byte> bytes)
    {
        var halves = MemoryMarshal.Cast<byte, ushort>(bytes);
        BFloat16Conversion.FromFloats(gradient, halves);
        if (!BitConverter.IsLittleEndian) BinaryPrimitives.ReverseEndianness(halves, halves);
    }

    private protected override void Read(ReadOnlySpan<byte> bytes, Span<float> gradient)
    {
        var halves = MemoryMarshal.Cast<byte, ushort>(bytes);
        if (BitConverter.IsLittleEndian)
        {
            BFloat16Conversion.ToFloats(halves, gradient);
            return;
        }
        for (var i = 0; i < gradient.Length; i++)
            gradient[i] = BitConverter.Int32BitsToSingle(BinaryPrimitives.ReverseEndianness(halves[i]) << 16);
    }
}
