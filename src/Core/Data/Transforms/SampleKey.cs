namespace ActorTrain;

/// <summary>What the random numbers of one transform of one example depend on, and nothing else.</summary>
/// <param name="Seed">The loader's seed.</param>
/// <param name="Epoch">From 0 on.</param>
/// <param name="Index">The example, 0 … Count−1, wherever the epoch's order has put it.</param>
/// <param name="Place">Which transform of a <see cref="Compose"/>: each has numbers of its own.</param>
public readonly record struct SampleKey(ulong Seed, int Epoch, int Index, byte Place = 0)
{
    private const int IndexBit = 32;
    private const int PlaceBit = 24;
    private const int WordsPerBlock = 4;

    private ulong First => ((ulong)(uint)Index << IndexBit) | ((ulong)Place << PlaceBit);

    /// <summary>Number <paramref name="draw"/> of this key, uniform in [0, 1).</summary>
    /// <param name="draw">0 … 2²⁴−1.</param>
    public float Uniform(int draw) => Philox.Uniform(Seed, RandomPurpose.Augmentation, (uint)Epoch, First | (uint)draw);

    /// <summary>The same, uniform in [<paramref name="low"/>, <paramref name="high"/>).</summary>
    /// <inheritdoc cref="Uniform(int)"/>
    public float Uniform(int draw, float low, float high) =>
        MathF.FusedMultiplyAdd(Uniform(draw), high - low, low);

    /// <summary>The same, one of 0 … <paramref name="count"/>−1.</summary>
    /// <param name="draw">0 … 2²⁴−1.</param>
    /// <param name="count">At most 2²⁴.</param>
    public int Integer(int draw, int count) => (int)(Uniform(draw) * (double)count);

    /// <summary>Numbers 0, 1, 2, … of this key, as <see cref="Uniform(int, float, float)"/> has them.</summary>
    /// <param name="low">Smallest value.</param>
    /// <param name="high">Never exceeded.</param>
    /// <param name="values">Is overwritten; at most 2²⁴.</param>
    public void Fill(float low, float high, Span<float> values) => Philox.FillUniform(
        Seed, RandomPurpose.Augmentation, (uint)Epoch, low, high, values, First / WordsPerBlock);
}
