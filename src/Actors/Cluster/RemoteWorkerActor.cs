using ActorTrain.Actors.Bulk;
using ActorTrain.Actors.Protocol;
using ActorTrain.Server;
using Akka.Actor;

namespace ActorTrain.Actors;

/// <summary>
/// Stands for a worker node: joins the server when the node has connected, with the way for its orders, and says when
/// the node is lost.
/// </summary>
internal sealed class RemoteWorkerActor : RemoteNodeActor
{
    private readonly ShardId _id;
    private readonly IActorRef _server;
    private readonly WorkerLink _owner;
    private readonly bool _isSplit;

    /// <summary>A stand-in that joins the server when the node has connected.</summary>
    public RemoteWorkerActor(
        ShardId id, TrainingPlan plan, IActorRef server, ExpectedLinks links, bool isSplit,
        Func<BulkToken, object> welcome)
        : base(links)
    {
        (_id, _server, _isSplit) = (id, server, isSplit);
        _owner = new WorkerLink(id, plan, Self, server, isSplit);
        Expect(_owner, welcome);
        Receive<TrainingProtocol.Dismiss>(
            m => Context.Parent.Tell(new ServerNodeActor.NodeDismissed(_id.Name, m.Reason)));
    }

    /// <summary>How to make one.</summary>
    /// <param name="id">The node, as the server knows it.</param>
    /// <param name="plan">The run's plan.</param>
    /// <param name="server">The parameter server.</param>
    /// <param name="links">Where its link is announced.</param>
    /// <param name="isSplit">True: other nodes give it the parameters and get its gradients.</param>
    /// <param name="welcome">What to answer to a hello.</param>
    public static Props Props(
        ShardId id, TrainingPlan plan, IActorRef server, ExpectedLinks links, bool isSplit,
        Func<BulkToken, object> welcome) =>
        Akka.Actor.Props.Create(() => new RemoteWorkerActor(id, plan, server, links, isSplit, welcome));

    /// <inheritdoc/>
    protected override void Begin() => _server.Tell(
        new TrainingProtocol.JoinTraining(
            _id, Shards, IsRemote: true,
            _isSplit ? new BareOrderSender(Link!, _owner) : new OrderSender(Link!, _owner)));

    /// <inheritdoc/>
    protected override void End(string reason) => _server.Tell(new TrainingProtocol.ShardStopped(_id, reason));
}
