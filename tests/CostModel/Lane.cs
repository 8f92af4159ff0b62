namespace ActorTrain.CostModel;

/// <summary>
/// What one thread or actor does: one thing after another. When nothing is left, it spins a little, if it is an actor's,
/// and after some time it sleeps so deeply that waking it takes time.
/// </summary>
/// <param name="time">The time.</param>
/// <param name="costs">What waking and spinning cost.</param>
/// <param name="spinsOn">Where it spins; none: it does not.</param>
internal sealed class Lane(VirtualTime time, Costs costs, Machine? spinsOn = null)
{
    // So long a dispatcher's thread spins, and so long a virtual machine's core looks for work before it halts.
    private const double LightSleep = 200;

    private readonly Queue<Action<Action>> _jobs = new();
    private double _busySince;
    private double _idleSince = double.NegativeInfinity;
    private double _busy;

    /// <summary>True when it has nothing to do.</summary>
    public bool IsIdle => _jobs.Count == 0;

    /// <summary>Microseconds so far in which it had something to do.</summary>
    public double Busy => _busy + (IsIdle ? 0 : time.Now - _busySince);

    /// <summary>Does something when all before it is done.</summary>
    /// <param name="job">Calls its argument when it is done.</param>
    /// <param name="isAwake">Whether it need not wake, however long it has slept: another one does this for it.</param>
    public void Add(Action<Action> job, bool isAwake = false)
    {
        _jobs.Enqueue(job);
        if (_jobs.Count > 1) return;
        _busySince = time.Now;
        if (!isAwake && time.Now - _idleSince > LightSleep) time.After(costs.Wake, () => job(EndJob));
        else job(EndJob);
    }

    private void EndJob()
    {
        _jobs.Dequeue();
        if (_jobs.TryPeek(out var next))
        {
            next(EndJob);
            return;
        }
        _busy += time.Now - _busySince;
        _idleSince = time.Now;
        spinsOn?.Cores.Use(costs.Spin, () => { });
    }
}
