using ActorTrain.Actors.Bulk;
using ActorTrain.Actors.Protocol;
using ActorTrain.Server;
using Akka.Actor;

namespace ActorTrain.Actors;

/// <summary>
/// Stands for a worker node beside the server: the server gives it orders as to a shard of its own, and it sends them
/// over the node's link, with the parameters where the node does not have them yet.
/// </summary>
internal sealed class RemoteWorkerActor : ReceiveActor, IWithTimers
{
    private static readonly TimeSpan TimeToAttach = TimeSpan.FromSeconds(15);

    private readonly ShardId _id;
    private readonly IActorRef _server;
    private readonly WorkerLink _owner;
    private ILink? _link;
    private (long Incarnation, long Version) _sent = (-1, -1);

    /// <summary>A stand-in that joins the server when the node's link is there.</summary>
    public RemoteWorkerActor(ShardId id, int cores, TrainingPlan plan, IActorRef server, Action<ILinkOwner> expectLink)
    {
        (_id, _server) = (id, server);
        _owner = new WorkerLink(id, plan, Self, server);
        expectLink(_owner);
        Receive<TrainingProtocol.DoWork>(m => Send(m.Order));
        Receive<LinkOpened>(m =>
        {
            Timers.CancelAll();
            _link = m.Link;
            _server.Tell(new TrainingProtocol.JoinTraining(_id, cores, IsRemote: true));
        });
        Receive<LinkClosed>(m =>
        {
            if (_link is not null) _server.Tell(new TrainingProtocol.ShardStopped(_id, m.Reason));
            Context.Stop(Self);
        });
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>How to make one.</summary>
    /// <param name="id">The node, as the server knows it.</param>
    /// <param name="cores">Its shards.</param>
    /// <param name="plan">The run's plan.</param>
    /// <param name="server">The parameter server.</param>
    /// <param name="expectLink">Told, once, who the node's link will belong to.</param>
    public static Props Props(ShardId id, int cores, TrainingPlan plan, IActorRef server, Action<ILinkOwner> expectLink) =>
        Akka.Actor.Props.Create(() => new RemoteWorkerActor(id, cores, plan, server, expectLink));

    /// <inheritdoc/>
    protected override void PreStart() => Timers.StartSingleTimer("attach", new LinkClosed("it did not connect"), TimeToAttach);

    /// <inheritdoc/>
    protected override void PostStop() => _link?.Dispose();

    private void Send(WorkOrder order)
    {
        var (key, link) = (order.Key, _link!);
        if (BulkWork.ParametersOf(order) is { } parameters && _sent != (key.Incarnation, key.Version))
        {
            var bytes = FloatBytes.Of(parameters.Memory);
            link.Send(BulkWork.WeightsOf(key, bytes.Length), bytes);
            _sent = (key.Incarnation, key.Version);
        }
        _owner.Expect(key);
        link.Send(BulkWork.HeaderOf(BulkKind.Order, key), default);
    }

    /// <summary>The node has attached.</summary>
    internal sealed record LinkOpened(ILink Link);

    /// <summary>The link is gone, or never came.</summary>
    internal sealed record LinkClosed(string Reason);
}
