using System.Threading.Channels;
using ActorTrain.Actors.Protocol;
using ActorTrain.Checkpoints;
using ActorTrain.Server;
using Akka.Actor;

namespace ActorTrain.Actors;

/// <summary>
/// A shell around <see cref="ParameterServer"/>: turns messages into events and carries the effects out.
/// </summary>
public sealed class ParameterServerActor : ReceiveActor, IWithTimers
{
    private static readonly TimeSpan BetweenTicks = TimeSpan.FromMilliseconds(50);

    private readonly Dictionary<ShardId, IActorRef> _shards = [];
    private readonly Dictionary<ShardId, IOrderSink> _sinks = [];
    private readonly List<IOrderSink> _ahead = [];
    private readonly VectorPool _pool;
    private readonly ChannelWriter<TrainingEvent> _watchers;
    private readonly TimeProvider _time;
    private readonly StepClock _clock;
    private readonly LossWatch _losses = new();
    private readonly RangeHolders _holders;
    private readonly IActorRef _checkpoints;
    private readonly bool _hasDisk;
    private readonly RunOrigin? _origin;
    private readonly long _firstStep;
    private ServerState _state;
    private EndRun? _end;
    private int _checkpointsOnTheWay;
    private string? _lastCheckpointFailure;

    /// <summary>A server that begins when enough shards have joined.</summary>
    /// <param name="initial">Where it begins.</param>
    /// <param name="checkpoints">Where checkpoints go; none: nowhere, or to stand-bys only.</param>
    /// <param name="watchers">Told what happens.</param>
    /// <param name="time">The clock.</param>
    /// <param name="origin">
    /// In a cluster, which server of which run it is; none: all shards are in this process.
    /// </param>
    /// <param name="memory">Where parameters lie; none: anywhere.</param>
    public ParameterServerActor(
        ServerState initial, CheckpointFolder? checkpoints, ChannelWriter<TrainingEvent> watchers, TimeProvider time,
        RunOrigin? origin, VectorMemory? memory)
    {
        _pool = new(memory);
        _holders = new(_pool);
        _origin = origin;
        _hasDisk = checkpoints is not null;
        _state = initial;
        _watchers = watchers;
        _time = time;
        _firstStep = initial.Plan.StepsDone(initial.Training.Position);
        _clock = new(time, _firstStep, initial.Training.Totals.Seen);
        _checkpoints = checkpoints is null && origin is null
            ? ActorRefs.Nobody
            : Context.ActorOf(CheckpointsActor.Props(checkpoints, time), "checkpoints");
        Receive<TrainingProtocol.WorkDone>(m => Take(new WorkAnswered(m.Shard, m.Answer)));
        Receive<TrainingProtocol.JoinTraining>(m =>
        {
            _shards[m.Shard] = Sender;
            if (m.Orders is not null) _sinks[m.Shard] = m.Orders;
            Context.WatchWith(Sender, new TrainingProtocol.ShardStopped(m.Shard, "its actor stopped"));
            Take(new ShardJoined(m.Shard, m.Cores, m.IsRemote));
        });
        Receive<TrainingProtocol.WorkThrew>(m => Take(new WorkFailed(m.Shard, m.Key, m.Reason)));
        Receive<TrainingProtocol.ShardStopped>(m => Take(new ShardLost(m.Shard, m.Reason)));
        Receive<TrainingProtocol.StopTraining>(_ => Take(new StopRequested()));
        Receive<TrainingProtocol.Tick>(_ => Take(Ticked.Instance));
        Receive<TrainingProtocol.CheckpointKept>(m => Take(new CheckpointSettled(m.StepsDone)));
        Receive<CheckpointsActor.StandbyJoined>(_checkpoints.Forward);
        Receive<CheckpointsActor.StandbyGone>(_checkpoints.Forward);
        Receive<RangeHolders.AllHeld>(m =>
        {
            _holders.Use(m.Ways);
            Take(RangesHeld.Instance);
        });
        Receive<RangeHolders.RangeCame>(m =>
        {
            if (_holders.Take(m) is { } whole) Take(whole);
        });
        Receive<PushConfirmed>(Take);
        Receive<RangeLost>(m =>
        {
            _holders.Drop();
            Take(m);
        });
        Receive<TrainingProtocol.CheckpointWritten>(m => EndCheckpoint(new CheckpointSaved(m.Path), failure: null));
        Receive<TrainingProtocol.CheckpointSuperseded>(_ => _checkpointsOnTheWay--);
        Receive<TrainingProtocol.CheckpointFailed>(m => EndCheckpoint(new CheckpointNotSaved(m.Reason), m.Reason));
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>How to make one.</summary>
    public static Props Props(
        ServerState initial, CheckpointFolder? checkpoints, ChannelWriter<TrainingEvent> watchers, TimeProvider time,
        RunOrigin? origin = null, VectorMemory? memory = null) =>
        Akka.Actor.Props.Create(() => new ParameterServerActor(initial, checkpoints, watchers, time, origin, memory))
            .WithDispatcher(ActorTrainDispatchers.Server);

    /// <inheritdoc/>
    protected override void PreStart()
    {
        if (_origin is not null) Timers.StartPeriodicTimer("tick", TrainingProtocol.Tick.Instance, BetweenTicks);
    }

    /// <summary>A bug in the server itself is the end of the run, told to whoever waits for it.</summary>
    protected override void PreRestart(Exception reason, object message)
    {
        if (_origin is null) _watchers.TryComplete(reason);
        base.PreRestart(reason, message);
    }

    /// <inheritdoc/>
    protected override void PostStop()
    {
        if (_origin is null) _watchers.TryComplete();
    }

    private void Take(ServerEvent @event)
    {
        (_state, var effects) = ParameterServer.Step(_state, @event, _time.GetElapsedTime(0), _pool);
        foreach (var effect in effects) CarryOut(effect);
    }

    private void CarryOut(ServerEffect effect)
    {
        switch (effect)
        {
            case SendWork e:
                // The step before is not done yet: its end begins this one.
                if (!e.IsAhead) _clock.WorkSent(e.Order.Key);
                Send(e);
                break;
            case ApplyUpdate e:
                Apply(e.Update);
                break;
            case ReportStep e:
                if (_clock.StepDone(_state.Plan.StepsDone(e.Training.Position), e.Training.Totals.Seen))
                    Tell(new StepDone(e.Training.Position, _state.Plan.StepsPerEpoch, e.Training.Totals, _clock.Epoch));
                Watch(e.Training.Totals.Loss, e.Training.Position);
                break;
            case ReportEpoch e:
                Tell(new EpochDone(e.Summary, _clock.EndEpoch(), _state.Plan.Recipe.Epochs));
                Watch(e.Summary.TestLoss, _state.Training.Position);
                break;
            case ReportReassignment e:
                Tell(new WorkReassigned(e.Shard, e.Key, e.Reason));
                break;
            case ReportLost e:
                Tell(new NodeLost(e.Shard, e.Step, e.Silence, e.Microbatches, e.Reason));
                break;
            case ReportJoined e:
                Tell(new NodeJoined(e.Shard, e.Cores, e.Step));
                break;
            case DismissNode e:
                _shards[e.Shard].Tell(new TrainingProtocol.Dismiss(e.Reason));
                break;
            case SaveCheckpoint e when !_checkpoints.IsNobody():
                if (_hasDisk) _checkpointsOnTheWay++;
                _checkpoints.Tell(new TrainingProtocol.WriteCheckpoint(
                    _state.Plan.StepsDone(e.Training.Position),
                    new TrainingCheckpoint(_state.Plan.Recipe, _state.Plan.Data, e.Training, Origin).Encode()));
                break;
            case GiveRanges or UpdateRanges or CollectRanges:
                _holders.CarryOut(effect, _state);
                break;
            case ReportWentBack e:
                _clock.GoBack(_state.StepsDone, _state.Training.Totals.Seen);
                Tell(new WentBack(e.From, e.To, e.Reason));
                break;
            case EndRun e:
                _end = e;
                if (e.Evaluation is { } evaluation) Watch(evaluation.Loss, e.Training.Position);
                EndWhenCheckpointsAreWritten();
                break;
            default:
                break;
        }
    }

    private RunOrigin? Origin => _origin is null ? null : _origin with { Incarnation = _state.Incarnation };

    private void Send(SendWork e)
    {
        if (!_sinks.TryGetValue(e.Shard, out var sink))
        {
            _shards[e.Shard].Tell(new TrainingProtocol.DoWork(e.Order));
            return;
        }
        sink.Send(e.Order, e.IsAhead);
        if (e.IsAhead && !_ahead.Contains(sink)) _ahead.Add(sink);
    }

    // Whoever has an order already gets its parameters as they are written.
    private void Apply(ParameterUpdate update)
    {
        if (_ahead.Count == 0) update.Apply();
        else new UpdatePieces(update).Apply(TellWritten);
        _ahead.Clear();
    }

    private void TellWritten(int count)
    {
        foreach (var sink in _ahead) sink.Written(count);
    }

    private void EndCheckpoint(TrainingEvent @event, string? failure)
    {
        _checkpointsOnTheWay--;
        _lastCheckpointFailure = failure;
        Tell(@event);
        EndWhenCheckpointsAreWritten();
    }

    private void EndWhenCheckpointsAreWritten()
    {
        if (_end is not { } end || _checkpointsOnTheWay > 0) return;
        var (phase, reason) = _lastCheckpointFailure is null
            ? (end.Phase, end.Reason)
            : (RunPhase.Failed, $"the last checkpoint could not be written: {_lastCheckpointFailure}");
        var last = _state.Plan.StepsDone(end.Training.Position);
        var samples = _state.Plan.SamplesOf(last) - _state.Plan.SamplesOf(_firstStep);
        var outcome = new TrainingOutcome(
            phase, end.Training, end.Evaluation, _clock.TrainSeconds, last - _firstStep, samples, reason);
        Tell(new RunEnded(outcome));
        if (_origin is null) _watchers.TryComplete();
        else Context.Parent.Tell(new ServerNodeActor.RunIsOver(outcome));
        _end = null;
    }

    private void Watch(double loss, Position position)
    {
        if (_losses.See(loss, position, _state.Plan.StepsDone(position)) is { } found) Tell(found);
    }

    private void Tell(TrainingEvent @event) => _watchers.TryWrite(@event);
}
