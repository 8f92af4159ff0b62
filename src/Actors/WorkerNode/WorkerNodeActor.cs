using ActorTrain.Actors.Bulk;
using ActorTrain.Actors.Protocol;
using ActorTrain.Kernels;
using ActorTrain.Server;
using Akka.Actor;

namespace ActorTrain.Actors;

/// <summary>
/// A shell around <see cref="WorkerNode"/>: divides the server's orders among this process's shards, and answers each
/// once, over the link that it has at the time.
/// </summary>
internal sealed class WorkerNodeActor : ReceiveActor
{
    private readonly Dictionary<ShardId, IActorRef> _shards = [];
    private readonly NodeSums _sums;
    private WorkerState _state;
    private ILink? _link;
    private AnswerSender? _sender;

    /// <summary>A node without a link yet.</summary>
    public WorkerNodeActor(int shards, TrainingPlan plan, Dataset data, IMatMul matMul, VectorMemory? memory)
    {
        _sums = new(memory);
        _state = WorkerState.Initial(plan);
        Context.ActorOf(DataShardsActor.Props(shards, Self, plan, data, matMul, memory), "shards");
        Receive<OrderArrived>(Take);
        Receive<TrainingProtocol.WorkDone>(m => Take(new PartAnswered(m.Shard, m.Answer)));
        Receive<TrainingProtocol.WorkThrew>(m => Take(new PartFailed(m.Shard, m.Key, m.Reason)));
        Receive<TrainingProtocol.JoinTraining>(m =>
        {
            _shards[m.Shard] = Sender;
            Take(new NodeShardReady(m.Shard));
        });
        Receive<UseLink>(m =>
        {
            _link = m.Link;
            _sender = _link is null ? null : new(_link, plan.Recipe, m.Holders);
            if (_sender is null) Take(ServerLost.Instance);
        });
    }

    /// <summary>How to make one; on the thread of its first shard, which never works when it does.</summary>
    public static Props Props(
        int shards, TrainingPlan plan, Dataset data, IMatMul matMul, VectorMemory? memory = null) =>
        Akka.Actor.Props.Create(() => new WorkerNodeActor(shards, plan, data, matMul, memory))
            .WithDispatcher(ActorTrainDispatchers.Server);

    /// <summary>With it go the server's orders: closing the link tells the server so.</summary>
    protected override void PreRestart(Exception reason, object message)
    {
        _link?.Dispose();
        base.PreRestart(reason, message);
    }

    private void Take(WorkerEvent @event)
    {
        (_state, var effects) = WorkerNode.Step(_state, @event, _sums);
        foreach (var effect in effects) CarryOut(effect);
    }

    private void CarryOut(WorkerEffect effect)
    {
        switch (effect)
        {
            case GivePart e:
                _shards[e.Shard].Tell(new TrainingProtocol.DoWork(
                    e.Part, Progress: e.IsWhole ? _sender?.ProgressOf(e.Part) : null));
                break;
            case SendAnswer e:
                _sender?.Send(e.Answer);
                break;
            case SendFailure e:
                _sender?.SendFailure(e.Key, e.Reason);
                break;
            default:
                break;
        }
    }

    /// <summary>
    /// Answers go over this link from here on; none: they are lost, and the server hands the work out again.
    /// </summary>
    /// <param name="Link">To the server.</param>
    /// <param name="Holders">Where gradients go, a range to each; none: to the server.</param>
    internal sealed record UseLink(ILink? Link, RangePusher? Holders = null);
}
