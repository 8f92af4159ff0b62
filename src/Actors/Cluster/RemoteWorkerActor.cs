using ActorTrain.Actors.Bulk;
using ActorTrain.Actors.Protocol;
using ActorTrain.Server;
using Akka.Actor;

namespace ActorTrain.Actors;

/// <summary>
/// Stands for a worker node: the server gives it orders as to a shard of its own, and it sends them over the node's
/// link, with the parameters where the node does not have them yet.
/// </summary>
internal sealed class RemoteWorkerActor : RemoteNodeActor
{
    private readonly ShardId _id;
    private readonly int _cores;
    private readonly IActorRef _server;
    private readonly WorkerLink _owner;
    private readonly List<WorkOrder> _ahead = [];
    private (long Incarnation, long Version) _sent = (-1, -1);
    private (WorkKey Key, FlatVector Parameters, int Sent)? _streamed;

    /// <summary>A stand-in that joins the server when the node has connected.</summary>
    public RemoteWorkerActor(
        ShardId id, int cores, TrainingPlan plan, IActorRef server, ExpectedLinks links,
        Func<BulkToken, object> welcome)
        : base(links)
    {
        (_id, _cores, _server) = (id, cores, server);
        _owner = new WorkerLink(id, plan, Self, server);
        Expect(_owner, welcome);
        Receive<TrainingProtocol.DoWork>(m =>
        {
            if (m.IsAhead) _ahead.Add(m.Order);
            else Send(m.Order);
        });
        Receive<TrainingProtocol.ParametersWritten>(m => SendPiece(m.Count));
        Receive<TrainingProtocol.Dismiss>(
            m => Context.Parent.Tell(new ServerNodeActor.NodeDismissed(_id.Name, m.Reason)));
    }

    /// <summary>How to make one.</summary>
    /// <param name="id">The node, as the server knows it.</param>
    /// <param name="cores">Its shards.</param>
    /// <param name="plan">The run's plan.</param>
    /// <param name="server">The parameter server.</param>
    /// <param name="links">Where its link is announced.</param>
    /// <param name="welcome">What to answer to a hello.</param>
    public static Props Props(
        ShardId id, int cores, TrainingPlan plan, IActorRef server, ExpectedLinks links,
        Func<BulkToken, object> welcome) =>
        Akka.Actor.Props.Create(() => new RemoteWorkerActor(id, cores, plan, server, links, welcome));

    /// <inheritdoc/>
    protected override void Begin() => _server.Tell(new TrainingProtocol.JoinTraining(_id, _cores, IsRemote: true));

    /// <inheritdoc/>
    protected override void End(string reason) => _server.Tell(new TrainingProtocol.ShardStopped(_id, reason));

    private void Send(WorkOrder order)
    {
        var (key, link) = (order.Key, Link!);
        if (BulkWork.ParametersOf(order) is { } parameters && _sent != (key.Incarnation, key.Version))
        {
            SendVector(link, BulkKind.Weights, key, parameters, index: 0);
            if (order is LocalStepsOrder { Optimizer.Moments: var moments })
                for (var i = 0; i < moments.Length; i++) SendVector(link, BulkKind.Moments, key, moments[i], i);
            _sent = (key.Incarnation, key.Version);
        }
        _owner.Expect(order);
        link.Send(BulkWork.OrderOf(order), default);
    }

    // The orders go behind the first piece: the node begins with the layers whose parameters are there.
    private void SendPiece(int written)
    {
        var (key, parameters, sent) = _streamed ??= (_ahead[0].Key, BulkWork.ParametersOf(_ahead[0])!, 0);
        var isLast = written == parameters.Count;
        var bytes = FloatBytes.Of(parameters.Memory[sent..written]);
        Link!.Send(BulkWork.PieceOf(key, bytes.Length, sent, isLast), bytes);
        (_sent, _streamed) = ((key.Incarnation, key.Version), isLast ? null : (key, parameters, written));
        foreach (var order in _ahead) Send(order);
        _ahead.Clear();
    }

    private static void SendVector(ILink link, BulkKind kind, WorkKey key, FlatVector vector, int index)
    {
        var bytes = FloatBytes.Of(vector.Memory);
        link.Send(BulkWork.VectorOf(kind, key, bytes.Length, index), bytes);
    }
}
