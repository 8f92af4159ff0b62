using ActorTrain.Kernels;

namespace ActorTrain;

/// <summary>
/// Counter-based random numbers: a pure function from (seed, purpose, stream, index) to bits, so that they depend
/// neither on who asks nor in which order. Philox 4x32-10, Salmon et al. 2011, "Parallel random numbers: as easy as 1,
/// 2, 3".
/// </summary>
/// <remarks>
/// Layout, lowest word first: key = (seed low, seed high); counter = (index low, index high, stream, purpose).
/// Element i of a stream is word i mod 4 of block ⌊i/4⌋.
/// </remarks>
public static class Philox
{
    private const int Rounds = 10;
    private const int WordsPerBlock = 4;

    /// <summary>Block number <paramref name="index"/> of a stream: 128 random bits.</summary>
    /// <param name="seed">The run's seed.</param>
    /// <param name="purpose">What the numbers are for.</param>
    /// <param name="stream">Which sequence of that purpose, for example the epoch.</param>
    /// <param name="index">Which block of the sequence.</param>
    public static (uint X0, uint X1, uint X2, uint X3) Block(
        ulong seed, RandomPurpose purpose, uint stream, ulong index) =>
        Block(((uint)index, (uint)(index >> 32), stream, (uint)purpose), ((uint)seed, (uint)(seed >> 32)));

    /// <summary>The bare bijection: ten rounds over a counter of four words with a key of two, as published.</summary>
    public static (uint X0, uint X1, uint X2, uint X3) Block(
        (uint C0, uint C1, uint C2, uint C3) counter, (uint K0, uint K1) key)
    {
        // M0, M1 and the Weyl constants W0 = ⌊φ·2³²⌋ − 2³², W1 = ⌊(√3 − 1)·2³²⌋ are the paper's, §4.3.
        const ulong m0 = 0xD2511F53, m1 = 0xCD9E8D57;
        const uint w0 = 0x9E3779B9, w1 = 0xBB67AE85;
        var (x0, x1, x2, x3) = counter;
        var (k0, k1) = key;
        for (var round = 0; round < Rounds; round++)
        {
            var p0 = m0 * x0;
            var p1 = m1 * x2;
            (x0, x1, x2, x3) = ((uint)(p1 >> 32) ^ x1 ^ k0, (uint)p1, (uint)(p0 >> 32) ^ x3 ^ k1, (uint)p0);
            k0 = unchecked(k0 + w0);
            k1 = unchecked(k1 + w1);
        }
        return (x0, x1, x2, x3);
    }

    /// <summary>
    /// Element <paramref name="index"/> of a stream, uniform over the 2²⁴ multiples of 2⁻²⁴ in [0, 1).
    /// </summary>
    public static float Uniform(ulong seed, RandomPurpose purpose, uint stream, ulong index)
    {
        var (x0, x1, x2, x3) = Block(seed, purpose, stream, index / WordsPerBlock);
        return ToUnit((index % WordsPerBlock) switch { 0 => x0, 1 => x1, 2 => x2, _ => x3 });
    }

    /// <summary>
    /// Fills with numbers uniform between <paramref name="low"/> and <paramref name="high"/>: element i is
    /// fma(<see cref="Uniform"/>(…, i), high − low, low) in float32, whatever the length.
    /// </summary>
    /// <param name="seed">The run's seed.</param>
    /// <param name="purpose">What the numbers are for.</param>
    /// <param name="stream">Which sequence of that purpose, for example the parameter's number.</param>
    /// <param name="low">Smallest value, attained.</param>
    /// <param name="high">Never exceeded; attained only where rounding leaves no float between.</param>
    /// <param name="values">Is overwritten.</param>
    /// <param name="firstBlock">The block to begin with: element 0 is then number 4·firstBlock of the stream.</param>
    /// <exception cref="ArgumentOutOfRangeException">The bounds are not finite, their distance is not, or low is above
    /// high.</exception>
    public static void FillUniform(
        ulong seed, RandomPurpose purpose, uint stream, float low, float high, Span<float> values,
        ulong firstBlock = 0)
    {
        var range = high - low;
        if (!float.IsFinite(range) || range < 0)
            throw new ArgumentOutOfRangeException(
                nameof(high), $"Philox.FillUniform: bounds {low:R} and {high:R}; give finite low <= high.");
        for (var i = 0; i < values.Length; i += WordsPerBlock)
        {
            var (x0, x1, x2, x3) = Block(seed, purpose, stream, firstBlock + (ulong)(i / WordsPerBlock));
            ReadOnlySpan<uint> words = [x0, x1, x2, x3];
            var count = Math.Min(WordsPerBlock, values.Length - i);
            for (var j = 0; j < count; j++) values[i + j] = MathF.FusedMultiplyAdd(ToUnit(words[j]), range, low);
        }
    }

    /// <summary>
    /// Fills with numbers of mean 0 and variance 1, normally distributed (Box and Muller 1958): elements 2i and 2i + 1
    /// come from the uniform ones of the same places, whatever the length.
    /// </summary>
    /// <inheritdoc cref="FillUniform"/>
    public static void FillNormal(ulong seed, RandomPurpose purpose, uint stream, Span<float> values)
    {
        for (var i = 0; i < values.Length; i += 2)
        {
            var u = Uniform(seed, purpose, stream, (ulong)i);
            var v = Uniform(seed, purpose, stream, (ulong)i + 1);
            // 1 − u is never 0; sin(2πv) = cos(2π(v − ¼))
            var radius = Math.Sqrt(-2.0 * ElementwiseMath.Log(1 - u));
            values[i] = (float)(radius * ExactMath.CosPi(2.0 * v));
            if (i + 1 < values.Length) values[i + 1] = (float)(radius * ExactMath.CosPi((2.0 * v) - 0.5));
        }
    }

    // The upper 24 bits: every multiple of 2⁻²⁴ below 1 is a float32, so nothing rounds.
    private static float ToUnit(uint word) => (word >> 8) * (1f / (1 << 24));
}
