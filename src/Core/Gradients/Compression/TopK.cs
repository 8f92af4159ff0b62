using System.Buffers.Binary;

namespace ActorTrain;

/// <summary>
/// The k largest elements by magnitude of gradient + residual, ties by the lower index; the rest becomes the residual.
/// k = ⌈fraction · elements⌉; 8 bytes for each: first all indices (uint32, ascending), then all values (float32).
/// Source: Stich, Cordonnier, Jaggi 2018, "Sparsified SGD with Memory"; Karimireddy et al. 2019, "Error Feedback Fixes
/// SignSGD and other Gradient Compression Schemes", algorithm 2.
/// </summary>
/// <param name="Fraction">Above 0, at most 1.</param>
public sealed record TopK(double Fraction) : Compression
{
    private const uint NoSign = 0x7FFF_FFFF;

    /// <summary>Above 0, at most 1.</summary>
    public double Fraction { get; } = Fraction is > 0 and <= 1
        ? Fraction
        : throw new ArgumentOutOfRangeException(
            nameof(Fraction), Fraction, $"TopK: the fraction is {Fraction}; give a number above 0, at most 1.");

    /// <inheritdoc/>
    public override int EncodedBytes(int count) => checked(Taken(count) * (sizeof(uint) + sizeof(float)));

    /// <inheritdoc/>
    public override int ResidualLength(int count) => count;

    private protected override void Write(ReadOnlySpan<float> gradient, Span<float> residual, Span<byte> bytes)
    {
        Kernels.VectorOperations.Add(gradient, residual, residual);
        var taken = Taken(gradient.Length);
        var (threshold, atThreshold) = Smallest(residual, taken);
        var next = 0;
        for (var i = 0; i < residual.Length; i++)
        {
            var magnitude = Magnitude(residual[i]);
            if (magnitude < threshold || (magnitude == threshold && atThreshold-- <= 0)) continue;
            BinaryPrimitives.WriteUInt32LittleEndian(bytes[(next * sizeof(uint))..], (uint)i);
            BinaryPrimitives.WriteSingleLittleEndian(bytes[((taken + next) * sizeof(uint))..], residual[i]);
            next++;
            residual[i] = 0;
        }
    }

    private protected override void Read(ReadOnlySpan<byte> bytes, Span<float> gradient)
    {
        gradient.Clear();
        var taken = Taken(gradient.Length);
        long before = -1;
        for (var i = 0; i < taken; i++)
        {
            var index = BinaryPrimitives.ReadUInt32LittleEndian(bytes[(i * sizeof(uint))..]);
            if (index <= before || index >= gradient.Length)
                throw new CompressionException(
                    $"{this}: index {index} after {before} among {gradient.Length} floats; expected ascending ones "
                    + "below that.");
            gradient[(int)index] = BinaryPrimitives.ReadSingleLittleEndian(bytes[((taken + i) * sizeof(uint))..]);
            before = index;
        }
    }

    private int Taken(int count) => Math.Clamp((int)Math.Ceiling(Fraction * count), 0, count);

    private static uint Magnitude(float x) => BitConverter.SingleToUInt32Bits(x) & NoSign;

    // The k-th largest magnitude, and how many of exactly that size belong to the k. Magnitudes order as their bits do,
    // so three rounds of counting find it: 11, 10 and 10 bits, the highest first.
    private static (uint Threshold, int Count) Smallest(ReadOnlySpan<float> values, int k)
    {
        Span<int> counts = stackalloc int[2048];
        uint prefix = 0;
        var wanted = k;
        foreach (var (shift, bits) in ((int, int)[])[(20, 11), (10, 10), (0, 10)])
        {
            counts.Clear();
            foreach (var value in values)
            {
                var magnitude = Magnitude(value);
                if (magnitude >> shift >> bits == prefix) counts[(int)((magnitude >> shift) & ((1u << bits) - 1))]++;
            }
            var digit = (1 << bits) - 1;
            while (digit > 0 && wanted > counts[digit]) wanted -= counts[digit--];
            prefix = (prefix << bits) | (uint)digit;
        }
        return (prefix, wanted);
    }
}
