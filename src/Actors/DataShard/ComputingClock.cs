using System.Diagnostics;
using ActorTrain.Server;

namespace ActorTrain.Actors;

/// <summary>
/// How long a shard computes for an order, without its waiting for parameters that are still arriving. For one thread.
/// </summary>
internal sealed class ComputingClock
{
    private readonly ParameterArrival _await;
    private ParameterArrival? _arrival;
    private long _started;
    private long _waited;

    /// <summary>A clock that stands still.</summary>
    public ComputingClock() => _await = Await;

    /// <summary>From the start on.</summary>
    public TimeSpan Elapsed => Stopwatch.GetElapsedTime(_started + _waited);

    /// <summary>Starts it.</summary>
    /// <param name="order">What is to be computed.</param>
    /// <returns>The same order; what waits for its parameters stops the clock.</returns>
    public WorkOrder Start(WorkOrder order)
    {
        (_started, _waited) = (Stopwatch.GetTimestamp(), 0);
        switch (order)
        {
            case GradientOrder { Arrival: { } arrival } o:
                _arrival = arrival;
                return o with { Arrival = _await };
            case EvaluationOrder { Arrival: { } arrival } o:
                _arrival = arrival;
                return o with { Arrival = _await };
            default:
                return order;
        }
    }

    private void Await(int count)
    {
        var since = Stopwatch.GetTimestamp();
        _arrival!(count);
        _waited += Stopwatch.GetTimestamp() - since;
    }
}
