namespace ActorTrain.CostModel;

/// <summary>Virtual time: what is to happen, in the order of its moments, and of asking among equals.</summary>
internal sealed class VirtualTime
{
    private readonly PriorityQueue<Action, (double At, long Order)> _queue = new();
    private long _asked;

    /// <summary>Microseconds since the beginning.</summary>
    public double Now { get; private set; }

    /// <summary>Lets something happen after a while.</summary>
    public void After(double delay, Action what) => _queue.Enqueue(what, (Now + delay, _asked++));

    /// <summary>Lets things happen until it is over.</summary>
    /// <exception cref="InvalidOperationException">It is not, and nothing is left to happen.</exception>
    public void Run(Func<bool> isOver)
    {
        while (!isOver())
        {
            if (!_queue.TryDequeue(out var what, out var when))
                throw new InvalidOperationException("VirtualTime: the run is not over and nothing is left to happen.");
            Now = when.At;
            what();
        }
    }
}
