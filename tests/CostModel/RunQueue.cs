namespace ActorTrain.CostModel;

/// <summary>
/// The cores of a machine, as a scheduler gives them to threads: each runs for a slice before one that waits has its
/// turn. Those that run slow each other down.
/// </summary>
/// <param name="time">The time.</param>
/// <param name="cores">How many.</param>
/// <param name="speedOfEach">Work that is done for each that runs in a microsecond, by how many run.</param>
internal sealed class RunQueue(VirtualTime time, int cores, Func<int, double> speedOfEach)
{
    // Linux: some milliseconds, the same for all.
    private const double Slice = 3000;

    private readonly FairShare _running = new(time, speedOfEach);
    private readonly Queue<(double Work, Action Done)> _waiting = new();
    private int _busy;

    /// <summary>Work that is done so far, for all together.</summary>
    public double Done => _running.Done;

    /// <summary>Does some work, then calls.</summary>
    public void Use(double work, Action done)
    {
        _waiting.Enqueue((work, done));
        RunNext();
    }

    private void RunNext()
    {
        if (_busy == cores || !_waiting.TryDequeue(out var next)) return;
        _busy++;
        var slice = Math.Min(Slice, next.Work);
        _running.Use(slice, () =>
        {
            _busy--;
            if (slice < next.Work) _waiting.Enqueue((next.Work - slice, next.Done));
            else next.Done();
            RunNext();
        });
    }
}
