namespace ActorTrain;

/// <summary>
/// Where the ranks of a joint step wait for each other: a few times a step, for a microsecond, so they spin. Whoever
/// cannot come breaks it, and who waits, or comes later, throws.
/// </summary>
/// <param name="ranks">How many.</param>
internal sealed class RankBarrier(int ranks)
{
    // Some 20 µs at full speed; then cores go to whoever wants them; after some seconds nobody will come any more.
    private const int Spins = 1000;
    private const int Yields = 50_000;
    private const int Sleeps = 10_000;

    private int _arrived;
    private int _phase;
    private volatile bool _isBroken;

    /// <summary>Returns when all ranks are here; what they wrote before is there to read.</summary>
    /// <exception cref="OperationCanceledException">One of them does not come.</exception>
    public void Wait()
    {
        if (ranks == 1) return;
        var phase = Volatile.Read(ref _phase);
        if (Interlocked.Increment(ref _arrived) == ranks)
        {
            _arrived = 0;
            Volatile.Write(ref _phase, phase + 1);
            return;
        }
        for (var round = 0; Volatile.Read(ref _phase) == phase; round++)
        {
            if (round == Spins + Yields + Sleeps) Break();
            if (_isBroken)
                throw new OperationCanceledException("another shard did not do its part of the joint step");
            if (round < Spins) Thread.SpinWait(1);
            else if (round < Spins + Yields) Thread.Yield();
            else Thread.Sleep(1);
        }
    }

    /// <summary>Nobody is to wait here any more.</summary>
    public void Break() => _isBroken = true;
}
