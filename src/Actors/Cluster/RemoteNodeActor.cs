using ActorTrain.Actors.Bulk;
using ActorTrain.Actors.Protocol;
using Akka.Actor;

namespace ActorTrain.Actors;

/// <summary>Stands for another node beside the server, as long as the link to it lasts.</summary>
internal abstract class RemoteNodeActor : ReceiveActor, IWithTimers
{
    private static readonly TimeSpan TimeToAttach = TimeSpan.FromSeconds(15);

    private readonly ExpectedLinks _links;
    private Func<BulkToken, object>? _welcome;
    private BulkToken _token;
    private IActorRef? _akkaLink;
    private string? _closingReason;

    /// <summary>A stand-in for a node that is about to connect.</summary>
    /// <param name="links">Where its link is announced.</param>
    protected RemoteNodeActor(ExpectedLinks links)
    {
        _links = links;
        Receive<LinkOpened>(m =>
        {
            Timers.CancelAll();
            Link = m.Link;
            if (_closingReason is null) Begin();
            else Link.Dispose();
        });
        // A hello that crossed with the welcome gets the same one; one that crossed with the connection gets nothing.
        Receive<Greet>(m =>
        {
            if (Link is not null) return;
            Shards = m.Shards;
            m.Node.Tell(_welcome!(_token));
        });
        Receive<RefuseIfAttached>(m =>
        {
            if (Link is not null) Context.Parent.Tell(m.Refusal);
        });
        Receive<ClusterProtocol.BulkChunk>(m =>
        {
            if (_akkaLink is not null) _akkaLink.Forward(m);
            else if (AkkaLinkActor.Shows(m, _token) && _links.Take(_token) is { } owner)
                _akkaLink = Context.ActorOf(AkkaLinkActor.Props(owner, Sender));
        });
        Receive<CloseLink>(m =>
        {
            _closingReason ??= m.Reason;
            // Its end is told when nothing is sent from shared memory any more. Who has just shown the token is closed
            // when its link is here: else it would hold a link that nobody answers on.
            if (Link is not null) Link.Dispose();
            else if (_links.Take(_token) is not null) Context.Stop(Self);
        });
        Receive<EndIncarnation>(m =>
        {
            if (EndsWithIncarnation) Self.Tell(new CloseLink(m.Reason));
        });
        Receive<LinkClosed>(m =>
        {
            if (Link is not null) End(_closingReason ?? m.Reason);
            Context.Stop(Self);
        });
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>The link to the node; none before it has connected.</summary>
    protected ILink? Link { get; private set; }

    /// <summary>How many shards compute behind the node, as its last hello says: an aggregator's group grows.</summary>
    protected int Shards { get; private set; }

    /// <inheritdoc/>
    protected override void PreStart() =>
        Timers.StartSingleTimer("attach", new CloseLink("it did not connect"), TimeToAttach);

    /// <inheritdoc/>
    protected override void PostStop()
    {
        _links.Take(_token);
        Link?.Dispose();
    }

    /// <summary>Whether its link is good for one incarnation of the server only.</summary>
    protected virtual bool EndsWithIncarnation => true;

    /// <summary>Announces the node's link.</summary>
    /// <param name="owner">Who it will belong to.</param>
    /// <param name="welcome">Tells the node how to connect.</param>
    protected void Expect(ILinkOwner owner, Func<BulkToken, object> welcome) =>
        (_token, _welcome) = (_links.Add(owner), welcome);

    /// <summary>The node has connected.</summary>
    protected abstract void Begin();

    /// <summary>The link to the node is lost.</summary>
    protected abstract void End(string reason);

    /// <summary>The node has attached.</summary>
    internal sealed record LinkOpened(ILink Link);

    /// <summary>The link is gone; nothing is sent or received any more.</summary>
    internal sealed record LinkClosed(string Reason);

    /// <summary>The node has said hello.</summary>
    /// <param name="Node">Which.</param>
    /// <param name="Shards">How many it has; a stand-by: 0.</param>
    internal sealed record Greet(IActorRef Node, int Shards);

    /// <summary>
    /// Another node has said hello by this one's name: give the refusal back if this one has connected.
    /// </summary>
    internal sealed record RefuseIfAttached(ServerNodeActor.NameTaken Refusal);

    /// <summary>The server goes on under another number.</summary>
    internal sealed record EndIncarnation(string Reason);

    /// <summary>The node is gone.</summary>
    internal sealed record CloseLink(string Reason);
}
