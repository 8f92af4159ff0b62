using System.Numerics;

namespace ActorTrain;

/// <summary>
/// How a pixel byte b becomes an input: (b/255 − <paramref name="Mean"/>) / <paramref name="StandardDeviation"/>.
/// </summary>
/// <param name="Mean">Of the training pixels over 255.</param>
/// <param name="StandardDeviation">Of the training pixels over 255; above 0.</param>
public readonly record struct Normalization(float Mean, float StandardDeviation)
{
    /// <summary>What a byte is multiplied by, 1 / (255·σ): computed in float64, rounded once.</summary>
    public float Scale => (float)(1 / (255.0 * StandardDeviation));

    /// <summary>What is added then, −μ/σ: computed in float64, rounded once.</summary>
    public float Shift => (float)(-(double)Mean / StandardDeviation);

    /// <summary>
    /// Mean and population standard deviation of <paramref name="pixels"/>/255, from exact integer sums, rounded to
    /// four decimals. MNIST's training images give 0.1307 and 0.3081.
    /// </summary>
    /// <param name="pixels">At least one byte.</param>
    /// <returns>A standard deviation of 1 where it would round to 0 (all pixels alike), so that inputs stay
    /// finite.</returns>
    /// <exception cref="ArgumentException">There are no pixels.</exception>
    public static Normalization Of(ReadOnlySpan<byte> pixels)
    {
        if (pixels.IsEmpty) throw new ArgumentException(
            "Normalization.Of: no pixels; give at least one.", nameof(pixels));
        var (sum, squares) = Sums(pixels);
        return Of(pixels.Length, sum, squares);
    }

    /// <summary>The same for pixels that come in pieces.</summary>
    internal static Normalization Of(IEnumerable<ReadOnlyMemory<byte>> pieces)
    {
        var count = 0L;
        ulong sum = 0, squares = 0;
        foreach (var piece in pieces)
        {
            var (more, moreSquares) = Sums(piece.Span);
            (count, sum, squares) = (count + piece.Length, sum + more, squares + moreSquares);
        }
        return Of(count, sum, squares);
    }

    private static Normalization Of(long count, ulong sum, ulong squares)
    {
        var mean = sum / (255.0 * count);
        // n·Σb² − (Σb)² is exact in 128 bits, so nothing cancels.
        var spread = ((UInt128)(ulong)count * squares) - ((UInt128)sum * sum);
        var deviation = Math.Round(Math.Sqrt((double)spread) / (255.0 * count), 4);
        return new((float)Math.Round(mean, 4), deviation == 0 ? 1 : (float)deviation);
    }

    private static (ulong Sum, ulong Squares) Sums(ReadOnlySpan<byte> pixels)
    {
        // A lane takes four bytes a vector, each at most 255² = 65025: 16,384 vectors stay below 2³².
        const int vectorsPerBlock = 16_384;
        ulong sum = 0, squares = 0;
        while (pixels.Length >= Vector<byte>.Count)
        {
            var vectors = Math.Min(vectorsPerBlock, pixels.Length / Vector<byte>.Count);
            var (blockSum, blockSquares) = BlockSums(pixels[..(vectors * Vector<byte>.Count)]);
            sum += blockSum;
            squares += blockSquares;
            pixels = pixels[(vectors * Vector<byte>.Count)..];
        }
        foreach (var pixel in pixels)
        {
            sum += pixel;
            squares += (ulong)(pixel * pixel);
        }
        return (sum, squares);
    }

    private static (ulong Sum, ulong Squares) BlockSums(ReadOnlySpan<byte> pixels)
    {
        Vector<uint> sums = default, squares = default;
        for (; pixels.Length >= Vector<byte>.Count; pixels = pixels[Vector<byte>.Count..])
        {
            Vector.Widen(new Vector<byte>(pixels), out var low, out var high);
            Vector.Widen(low + high, out var sum0, out var sum1);
            sums += sum0 + sum1;
            Vector.Widen(low * low, out var low0, out var low1);
            Vector.Widen(high * high, out var high0, out var high1);
            squares += low0 + low1 + high0 + high1;
        }
        ulong sum = 0, square = 0;
        for (var lane = 0; lane < Vector<uint>.Count; lane++)
        {
            sum += sums[lane];
            square += squares[lane];
        }
        return (sum, square);
    }
}
