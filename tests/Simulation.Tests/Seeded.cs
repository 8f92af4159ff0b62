namespace ActorTrain.Simulation.Tests;

/// <summary>Pseudo-random numbers of a seed (SplitMix64): whatever happens in a schedule is drawn from here.</summary>
internal sealed class Seeded(long seed)
{
    private ulong _state = (ulong)seed;

    public int Below(int count) => (int)(((Next() >> 32) * (ulong)count) >> 32);

    public long Between(long least, long most) => least + (long)(Next() % (ulong)(most - least + 1));

    /// <summary>Between the two, each order of magnitude as likely as the next.</summary>
    public long BetweenByMagnitude(long least, long most) => (long)(least * Math.Pow((double)most / least, Fraction()));

    public bool OneIn(int count) => Below(count) == 0;

    public double Fraction() => (Next() >> 11) * (1.0 / (1UL << 53));

    public T Pick<T>(IReadOnlyList<T> items) => items[Below(items.Count)];

    private ulong Next()
    {
        var z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
