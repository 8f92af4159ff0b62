using ActorTrain.Actors.Bulk;
using ActorTrain.Server;
using Akka.Actor;

namespace ActorTrain.Actors;

/// <summary>
/// A shell around <see cref="RangeHolder"/>, for one incarnation of the server: frames in, events to the rules, effects
/// out as frames.
/// </summary>
internal sealed class RangeHolderActor : ReceiveActor
{
    private readonly long _incarnation;
    private readonly ParameterRange _range;
    private readonly VectorPool _pool;
    private readonly Dictionary<int, ILink> _workers = [];
    private HolderState? _state;
    private ILink? _server;

    /// <summary>A holder that is about to be given its range.</summary>
    public RangeHolderActor(long incarnation, TrainingPlan plan, ParameterRange range, VectorMemory? memory)
    {
        (_incarnation, _range, _pool) = (incarnation, range, new(memory));
        Receive<ServerAttached>(m => _server = m.Link);
        Receive<WorkerAttached>(m => _workers[m.Worker] = m.Link);
        Receive<Given>(m => _state = HolderState.Initial(plan, range, m.Parameters, m.Optimizer));
        Receive<WorkerDetached>(m =>
        {
            _workers.Remove(m.Worker);
            Take(m);
        });
        Receive<HolderEvent>(Take);
    }

    /// <summary>How to make one.</summary>
    /// <param name="incarnation">Of the server.</param>
    /// <param name="plan">The run's plan.</param>
    /// <param name="range">What it holds.</param>
    /// <param name="memory">Where parameters lie; none: anywhere.</param>
    public static Props Props(long incarnation, TrainingPlan plan, ParameterRange range, VectorMemory? memory) =>
        Akka.Actor.Props.Create(() => new RangeHolderActor(incarnation, plan, range, memory))
            .WithDispatcher(ActorTrainDispatchers.Server);

    /// <inheritdoc/>
    protected override void PostStop()
    {
        foreach (var worker in _workers.Values) worker.Dispose();
    }

    /// <summary>With it goes the range: closing the link tells the server so.</summary>
    protected override void PreRestart(Exception reason, object message)
    {
        _server?.Dispose();
        base.PreRestart(reason, message);
    }

    private void Take(HolderEvent @event)
    {
        if (_state is null) return;
        (_state, var effects) = RangeHolder.Step(_state, @event, _pool);
        foreach (var effect in effects) CarryOut(effect);
    }

    private void CarryOut(HolderEffect effect)
    {
        switch (effect)
        {
            case SendRange e:
                SendPiece([e.Worker], e.Version, e.Parameters, 0, e.Parameters.Count);
                break;
            case UpdateRange e:
                var sent = 0;
                new UpdatePieces(e.Update).Apply(written =>
                {
                    SendPiece(e.Workers, e.Version, e.Update.Parameters, sent, written);
                    sent = written;
                });
                break;
            case RefusePull e:
                if (_workers.TryGetValue(e.Worker, out var worker))
                    worker.Send(
                        new(BulkKind.Failure, Incarnation: _incarnation, Version: e.Version), default);
                break;
            case ConfirmPush e:
                _server?.Send(BulkWork.HeaderOf(BulkKind.Pushed, e.Key), default);
                break;
            case GiveRange e:
                for (var i = 0; i < e.Optimizer.Moments.Length; i++)
                    SendToServer(BulkKind.Moments, e.Optimizer.Step, e.Optimizer.Moments[i], i);
                SendToServer(BulkKind.Weights, e.Optimizer.Step, e.Parameters, index: 0);
                break;
            default:
                break;
        }
    }

    private void SendPiece(IEnumerable<int> workers, long version, FlatVector range, int start, int end)
    {
        var bytes = FloatBytes.Of(range.Memory[start..end]);
        var header = RangeFrames.PieceOf(
            _incarnation, version, bytes.Length, _range.Start + start, isLast: end == range.Count);
        foreach (var worker in workers)
            if (_workers.TryGetValue(worker, out var link)) link.Send(header, bytes);
    }

    private void SendToServer(BulkKind kind, long version, FlatVector vector, int index)
    {
        var bytes = FloatBytes.Of(vector.Memory);
        _server?.Send(RangeFrames.VectorOf(kind, _incarnation, version, bytes.Length, _range.Start, index), bytes);
    }

    /// <summary>The way to the server.</summary>
    internal sealed record ServerAttached(ILink Link);

    /// <summary>A worker pulls and pushes from here on.</summary>
    internal sealed record WorkerAttached(int Worker, ILink Link);

    /// <summary>The range has come.</summary>
    internal sealed record Given(FlatVector Parameters, OptimizerState Optimizer);
}
