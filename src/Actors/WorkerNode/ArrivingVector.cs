namespace ActorTrain.Actors;

/// <summary>How far a vector has come that shards compute from already. For many threads.</summary>
internal sealed class ArrivingVector
{
    private readonly object _lock = new();
    private int _count;
    private bool _isLost;

    /// <summary>So many elements are there, from the first on.</summary>
    public void Advance(int count)
    {
        lock (_lock)
        {
            _count = count;
            Monitor.PulseAll(_lock);
        }
    }

    /// <summary>No more will come.</summary>
    public void Lose()
    {
        lock (_lock)
        {
            _isLost = true;
            Monitor.PulseAll(_lock);
        }
    }

    /// <summary>Returns when so many elements are there.</summary>
    /// <exception cref="OperationCanceledException">They will not come any more.</exception>
    public void Await(int count)
    {
        lock (_lock)
        {
            while (_count < count && !_isLost) Monitor.Wait(_lock);
            if (_count < count) throw new OperationCanceledException("the rest of the parameters did not come");
        }
    }
}
