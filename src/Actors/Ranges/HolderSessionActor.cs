using ActorTrain.Actors.Bulk;
using ActorTrain.Actors.Protocol;
using ActorTrain.Server;
using Akka.Actor;
using Akka.Cluster;

namespace ActorTrain.Actors;

/// <summary>
/// The place in a run of a node that holds a range of the parameters: asks the server, wherever it is, for a range,
/// holds the link to it, listens for workers, and asks again whenever the link is lost.
/// </summary>
#pragma warning disable CA1001 // an actor is disposed of by PostStop
internal sealed class HolderSessionActor : ReceiveActor, IWithTimers
#pragma warning restore CA1001
{
    private static readonly TimeSpan BetweenHellos = TimeSpan.FromMilliseconds(250);

    private readonly Cluster _cluster = Cluster.Get(Context.System);
    private readonly BulkToken _token = BulkToken.Create();
    private readonly HashSet<UniqueAddress> _servers = [];
    private readonly NodeContext _node;
    private readonly IActorRef _proxy;
    private volatile Session? _session;
    private BulkListener? _listener;
    private HolderServerLink? _owner;
    private ILink? _link;
    private Address? _server;
    private string? _closingReason;
    private long _incarnation;
    private long _over;
    private int _workers;
    private bool _isLeaving;

    /// <summary>A node that looks for a server.</summary>
    public HolderSessionActor(NodeContext node, IActorRef proxy)
    {
        (_node, _proxy) = (node, proxy);
        Receive<Seek>(_ => SayHello());
        Receive<RangeProtocol.HolderWelcome>(m => Begin(m.Welcome, m.Range));
        Receive<ClusterProtocol.Refused>(m => _node.End(new NodeEnd.Refused(m.Reason)));
        Receive<ClusterProtocol.RunOver>(m =>
        {
            if (m.Incarnation <= _over) return;
            _over = m.Incarnation;
            _node.Tell(new RunOverHeard(m.Phase, m.WeightsSha256, m.Reason));
        });
        Receive<ClusterEvent.IMemberEvent>(m => Note(m.Member), m => m.Member.HasRole(ClusterSettings.ServerRole));
        Receive<LinkOpened>(m =>
        {
            if (!ReferenceEquals(m.Owner, _owner)) m.Link.Dispose();
            else if (_isLeaving) (_link = m.Link).Leave();
            else if (_closingReason is not null) (_link = m.Link).Dispose();
            else Hold(m.Link);
        });
        Receive<LinkClosed>(m => Close(m.Owner, m.Reason));
        Receive<Leave>(_ =>
        {
            _isLeaving = true;
            if (_owner is null) Context.Stop(Self);
            else _link?.Leave();
        });
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>How to make one.</summary>
    public static Props Props(NodeContext node, IActorRef proxy) =>
        Akka.Actor.Props.Create(() => new HolderSessionActor(node, proxy));

    /// <inheritdoc/>
    protected override void PreStart()
    {
        _listener = new(
            _node.Cluster.Host, _node.Cluster.BulkPort, _node.Tls, LinkOf, line => _node.Tell(new Notice(line)),
            shared: _node.Shared);
        Timers.StartPeriodicTimer("seek", Seek.Instance, TimeSpan.Zero, BetweenHellos);
        _cluster.Subscribe(Self, ClusterEvent.InitialStateAsEvents, typeof(ClusterEvent.IMemberEvent));
    }

    /// <inheritdoc/>
    protected override void PostStop()
    {
        _cluster.Unsubscribe(Self);
        _link?.Dispose();
        _listener?.Dispose();
    }

    /// <summary>What it throws ends the node: a restart would only throw again.</summary>
    protected override void PreRestart(Exception reason, object message)
    {
        _node.End(new NodeEnd.Failed(reason));
        base.PreRestart(reason, message);
    }

    // Called by the listener's threads. The token is the same for all workers; a new incarnation refuses the frames of
    // those that came for an older one.
    private HolderWorkerLink? LinkOf(AttachRequest request) =>
        _session is { } s && request.Run == s.Run && request.Token == _token
            ? new(Interlocked.Increment(ref _workers), s.Incarnation, s.Plan, s.Range, s.Holder)
            : null;

    private void Note(Member server)
    {
        // A server that is paused or cut off holds its end of the link for as long as it likes.
        if (server.Status is MemberStatus.Down or MemberStatus.Removed && server.Address == _server)
        {
            _closingReason = "the others removed it";
            _link?.Dispose();
        }
        if (server.Status != MemberStatus.Removed) _servers.Add(server.UniqueAddress);
        else if (_servers.Remove(server.UniqueAddress) && _servers.Count == 0) _node.End(NodeEnd.ServersGone.Instance);
    }

    private void SayHello()
    {
        if (_owner is not null || _isLeaving) return;
        _proxy.Tell(new RangeProtocol.HolderHello(
            ClusterProtocol.Version, NodeContext.SoftwareVersion, _node.Cluster.Name,
            _node.Cluster.PublicHost ?? _node.Cluster.Host, _listener!.Port, _token));
    }

    private void Begin(ClusterProtocol.Welcome m, ParameterRange range)
    {
        if (_owner is not null || _isLeaving || m.Incarnation < _incarnation) return;
        if (_node.Read(m.RecipeJson) is not { } recipe) return;
        var plan = new TrainingPlan(recipe, m.Data);
        (_incarnation, _server, _closingReason) = (m.Incarnation, Sender.Path.Address, null);
        var holder = Context.ActorOf(RangeHolderActor.Props(m.Incarnation, plan, range, _node.VectorMemory));
        // Before the server knows of it, and so before a worker does.
        _session = new(m.Run, m.Incarnation, plan, range, holder);
        var owner = _owner = new HolderServerLink(m.Incarnation, plan, range, Self, holder);
        _node.Connect(Context, m.BulkHost, m.BulkPort, m.Run, m.Token, owner)
            .PipeTo(
                Self, success: link => new LinkOpened(owner, link),
                failure: e => new LinkClosed(owner, (e.InnerException ?? e).Message));
    }

    private void Hold(ILink link)
    {
        _link = link;
        _node.Tell(new RangeTaken(_session!.Range, _incarnation));
    }

    private void Close(HolderServerLink owner, string reason)
    {
        if (!ReferenceEquals(owner, _owner)) return;
        if (_isLeaving)
        {
            Context.Stop(Self);
            return;
        }
        if (_link is not null && _over < _incarnation)
            _node.Tell(new ServerLinkLost(_incarnation, _closingReason ?? reason));
        Context.Stop(_session!.Holder);
        (_owner, _link, _server, _session) = (null, null, null, null);
    }

    /// <summary>The link to the server is there.</summary>
    internal sealed record LinkOpened(HolderServerLink Owner, ILink Link);

    /// <summary>The link to the server is gone, or never came.</summary>
    internal sealed record LinkClosed(HolderServerLink Owner, string Reason);

    /// <summary>The node leaves: say so, and stop when the server knows.</summary>
    internal sealed record Leave
    {
        public static Leave Instance { get; } = new();
    }

    private sealed record Seek
    {
        public static Seek Instance { get; } = new();
    }

    private sealed record Session(
        Guid Run, long Incarnation, TrainingPlan Plan, ParameterRange Range, IActorRef Holder);
}
