using ActorTrain.Actors.Bulk;
using ActorTrain.Actors.Protocol;
using ActorTrain.Kernels;
using ActorTrain.Server;
using Akka.Actor;

namespace ActorTrain.Actors;

/// <summary>
/// A shell around <see cref="Aggregator"/>: divides the server's orders among this process's shards and the members of
/// its group, and answers each once, over the link that it has at the time. Parameters that are still arriving go on to
/// the members as far as they are there.
/// </summary>
internal sealed class AggregatorActor : ReceiveActor, IWithTimers
{
    private static readonly TimeSpan BetweenTicks = TimeSpan.FromMilliseconds(50);

    private readonly Dictionary<ShardId, (IActorRef Actor, IOrderSink? Orders)> _units = [];
    private readonly HashSet<ShardId> _streaming = [];
    private readonly NodeContext _node;
    private readonly NodeSums _sums;
    private AggregatorState _state;
    private ILink? _link;
    private AnswerSender? _sender;
    private ParametersArrived _arrived = new(Incarnation: -1, Version: -1, Count: 0);

    /// <summary>An aggregator without a link yet.</summary>
    public AggregatorActor(NodeContext node, TrainingPlan plan, Dataset data, IMatMul matMul)
    {
        _node = node;
        _sums = new(node.VectorMemory);
        _state = AggregatorState.Initial(plan);
        if (node.Training.Shards > 0)
            Context.ActorOf(
                DataShardsActor.Props(node.Training.Shards, Self, plan, data, matMul, node.VectorMemory), "shards");
        Receive<OrderArrived>(m => CarryOut(Aggregator.Step(_state, m, Now)));
        Receive<TrainingProtocol.WorkDone>(m => Take(new WorkAnswered(m.Shard, m.Answer)));
        Receive<TrainingProtocol.WorkThrew>(m => Take(new WorkFailed(m.Shard, m.Key, m.Reason)));
        Receive<TrainingProtocol.Tick>(_ => Take(Ticked.Instance));
        Receive<TrainingProtocol.JoinTraining>(m =>
        {
            _units[m.Shard] = (Sender, m.Orders);
            Context.WatchWith(Sender, new TrainingProtocol.ShardStopped(m.Shard, "its actor stopped"));
            Take(new ShardJoined(m.Shard, m.Cores, m.IsRemote));
            TellGroup();
        });
        Receive<TrainingProtocol.ShardStopped>(m =>
        {
            _streaming.Remove(m.Shard);
            Take(new ShardLost(m.Shard, m.Reason));
            if (_units.Remove(m.Shard)) TellGroup();
        });
        Receive<ParametersArrived>(Relay);
        Receive<WorkerNodeActor.UseLink>(m =>
        {
            _link = m.Link;
            _sender = _link is null ? null : new(_link, plan.Recipe);
            if (_sender is null) LoseServer();
        });
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    private TimeSpan Now => _node.Time.GetElapsedTime(0);

    /// <summary>
    /// How to make one; on a thread of its own: it hands on what arrives and sums what comes while its shards work.
    /// </summary>
    public static Props Props(NodeContext node, TrainingPlan plan, Dataset data, IMatMul matMul) =>
        Akka.Actor.Props.Create(() => new AggregatorActor(node, plan, data, matMul))
            .WithDispatcher(ActorTrainDispatchers.Shard);

    /// <inheritdoc/>
    protected override void PreStart() =>
        Timers.StartPeriodicTimer("tick", TrainingProtocol.Tick.Instance, BetweenTicks);

    /// <summary>What it throws ends the node: its members would wait for what it has forgotten.</summary>
    protected override void PreRestart(Exception reason, object message)
    {
        _node.End(new NodeEnd.Failed(reason));
        _link?.Dispose();
        base.PreRestart(reason, message);
    }

    private void Take(ServerEvent @event) => CarryOut(Aggregator.Step(_state, @event, Now, _sums));

    private void CarryOut(in AggregatorTransition transition)
    {
        _state = transition.State;
        foreach (var effect in transition.ToServer) CarryOut(effect);
        foreach (var effect in transition.ToGroup) CarryOut(effect);
    }

    private void CarryOut(WorkerEffect effect)
    {
        if (effect is SendAnswer { Answer: var answer }) _sender?.Send(answer);
        if (effect is SendFailure failure) _sender?.SendFailure(failure.Key, failure.Reason);
    }

    private void CarryOut(ServerEffect effect)
    {
        switch (effect)
        {
            case SendWork e:
                Send(e);
                break;
            case ReportReassignment e:
                _node.Tell(new WorkReassigned(e.Shard, e.Key, e.Reason));
                break;
            case ReportLost e:
                _node.Tell(new NodeLost(e.Shard, e.Step, e.Silence, e.Microbatches, e.Reason));
                break;
            case ReportJoined e:
                _node.Tell(new NodeJoined(e.Shard, e.Cores, e.Step));
                break;
            case DismissNode e:
                _units[e.Shard].Actor.Tell(new TrainingProtocol.Dismiss(e.Reason));
                break;
            default:
                break;
        }
    }

    private void Send(SendWork e)
    {
        var (actor, orders) = _units[e.Shard];
        if (orders is null)
        {
            actor.Tell(new TrainingProtocol.DoWork(e.Order));
            return;
        }
        // The first order of a version begins the stream; others of it only go behind.
        var begins = IsArriving(e.Order.Key) && _streaming.Add(e.Shard);
        orders.Send(e.Order, isAhead: begins);
        if (begins) orders.Written(_arrived.Count);
    }

    private bool IsArriving(WorkKey key) =>
        (key.Incarnation, key.Version) == (_arrived.Incarnation, _arrived.Version)
            && _arrived.Count < _state.Plan.Recipe.Model.Layout.Count;

    private void Relay(ParametersArrived m)
    {
        _arrived = m;
        foreach (var unit in _streaming) _units[unit].Orders!.Written(m.Count);
        if (m.Count == _state.Plan.Recipe.Model.Layout.Count) _streaming.Clear();
    }

    // What a member has half of will not come to its end: it asks for a new link.
    private void LoseServer()
    {
        foreach (var unit in _streaming)
            _units[unit].Actor.Tell(new RemoteNodeActor.CloseLink("the rest of the parameters did not come"));
        _streaming.Clear();
        CarryOut(Aggregator.Step(_state, ServerLost.Instance, Now));
    }

    private void TellGroup() => Context.Parent.Tell(
        new GroupChanged(_state.Cores, _state.Units.Count(u => u.IsRemote)));

    /// <summary>To the session: who is in the group.</summary>
    /// <param name="Cores">How many shards compute in it, its own included.</param>
    /// <param name="Members">How many members it has.</param>
    internal sealed record GroupChanged(int Cores, int Members);

    /// <summary>From the link: parameters that come in pieces are there up to this element.</summary>
    internal sealed record ParametersArrived(long Incarnation, long Version, int Count);
}
