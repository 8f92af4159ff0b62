namespace ActorTrain.CostModel;

/// <summary>
/// What all who use it at a time share evenly, as a scheduler does with a machine's cores and TCP with one direction of
/// its network.
/// </summary>
/// <param name="time">The time.</param>
/// <param name="speedOfEach">Work that is done for each in a microsecond, by how many they are.</param>
internal sealed class FairShare(VirtualTime time, Func<int, double> speedOfEach)
{
    // All are served alike, so each ends when so much is served as was when it began, and its own work.
    private readonly PriorityQueue<Action, (double End, long Order)> _users = new();
    private double _served;
    private double _servedAt;
    private double _done;
    private long _asked;
    private long _change;

    /// <summary>Work that is done so far, for all together.</summary>
    public double Done
    {
        get
        {
            Advance();
            return _done;
        }
    }

    /// <summary>Does some work, then calls.</summary>
    public void Use(double work, Action done)
    {
        Advance();
        _users.Enqueue(done, (_served + work, _asked++));
        ScheduleNext();
    }

    private void Advance()
    {
        if (_users.Count > 0)
        {
            var served = (time.Now - _servedAt) * speedOfEach(_users.Count);
            _served += served;
            _done += served * _users.Count;
        }
        _servedAt = time.Now;
    }

    // Each change makes what was expected before it void.
    private void ScheduleNext()
    {
        var change = ++_change;
        if (!_users.TryPeek(out _, out var next)) return;
        time.After(Math.Max(0, next.End - _served) / speedOfEach(_users.Count), () =>
        {
            if (change == _change) EndNext(next.End);
        });
    }

    private void EndNext(double end)
    {
        Advance();
        _served = end;
        var done = _users.Dequeue();
        ScheduleNext();
        done();
    }
}
