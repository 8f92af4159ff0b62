namespace ActorTrain.CostModel;

/// <summary>What one thread or actor does: one thing after another.</summary>
internal sealed class Lane(VirtualTime time)
{
    private readonly Queue<Action<Action>> _jobs = new();
    private double _busySince;
    private double _busy;

    /// <summary>True when it has nothing to do.</summary>
    public bool IsIdle => _jobs.Count == 0;

    /// <summary>Microseconds so far in which it had something to do.</summary>
    public double Busy => _busy + (IsIdle ? 0 : time.Now - _busySince);

    /// <summary>Does something when all before it is done.</summary>
    /// <param name="job">Calls its argument when it is done.</param>
    public void Add(Action<Action> job)
    {
        _jobs.Enqueue(job);
        if (_jobs.Count > 1) return;
        _busySince = time.Now;
        job(EndJob);
    }

    private void EndJob()
    {
        _jobs.Dequeue();
        if (_jobs.TryPeek(out var next)) next(EndJob);
        else _busy += time.Now - _busySince;
    }
}
