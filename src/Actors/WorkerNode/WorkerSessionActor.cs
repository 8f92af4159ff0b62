using ActorTrain.Actors.Bulk;
using ActorTrain.Actors.Protocol;
using ActorTrain.Server;
using Akka.Actor;
using Akka.Cluster;

namespace ActorTrain.Actors;

/// <summary>
/// A worker node's place in a run: asks the server, wherever it is, to let it take part, holds the link to it, and asks
/// again whenever the link is lost. An aggregator's has a group, and asks when the group is there.
/// </summary>
internal sealed class WorkerSessionActor : ReceiveActor, IWithTimers
{
    private static readonly TimeSpan BetweenHellos = TimeSpan.FromMilliseconds(250);

    private readonly Cluster _cluster = Cluster.Get(Context.System);
    private readonly NodeContext _node;
    private readonly IActorRef _proxy;
    private readonly HashSet<UniqueAddress> _servers = [];
    private readonly IActorRef _group;
    private Dataset? _data;
    private IActorRef _worker = ActorRefs.Nobody;
    private AggregatorActor.GroupChanged _groupNow = new(Cores: 0, Members: 0);
    private GroupActor.Lead? _lead;
    private Address? _aggregator;
    private string? _through;
    private bool _hasGroup;
    private bool _isMoving;
    private string? _recipe;
    private string? _trouble;
    private ILinkOwner? _owner;
    private ILink? _link;
    private Address? _server;
    private string? _closingReason;
    private long _incarnation;
    private long _over;
    private bool _isRehearsing;
    private bool _isLeaving;

    /// <summary>A node that looks for a server.</summary>
    public WorkerSessionActor(NodeContext node, IActorRef proxy)
    {
        (_node, _proxy) = (node, proxy);
        _group = node.Cluster.IsAggregator ? Context.ActorOf(GroupActor.Props(node), "group") : ActorRefs.Nobody;
        Receive<Dataset>(m =>
        {
            _data = m;
            SayHello();
        });
        Receive<Status.Failure>(m => _node.End(new NodeEnd.Failed(m.Cause)));
        Receive<Seek>(_ => SayHello());
        Receive<ClusterProtocol.Welcome>(m => Begin(m, holders: null));
        Receive<RangeProtocol.SplitWelcome>(m => Begin(m.Welcome, m));
        Receive<ClusterProtocol.Refused>(m => _node.End(new NodeEnd.Refused(m.Reason)));
        Receive<ClusterProtocol.RunOver>(m =>
        {
            if (m.Incarnation <= _over) return;
            _over = m.Incarnation;
            _group.Tell(m);
            _node.Tell(new RunOverHeard(m.Phase, m.WeightsSha256, m.Reason));
        });
        Receive<ClusterEvent.IMemberEvent>(m => Note(m.Member), m => m.Member.HasRole(ClusterSettings.ServerRole));
        Receive<Rehearsed>(_ =>
        {
            _isRehearsing = false;
            _group.Tell(_lead);
            SayHello();
        });
        Receive<ClusterProtocol.Hello>(_group.Forward);
        Receive<AggregatorActor.GroupChanged>(Note);
        Receive<RouteActor.Changed>(m =>
        {
            _aggregator = m.Aggregator;
            if (_server != _aggregator) LeaveLink(_aggregator is null ? "it does not answer" : null);
        });
        Receive<LinkOpened>(Open);
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
        Akka.Actor.Props.Create(() => new WorkerSessionActor(node, proxy));

    /// <inheritdoc/>
    protected override void PreStart()
    {
        Task.Run(() => _node.Training.LoadData(CancellationToken.None)).PipeTo(Self);
        Timers.StartPeriodicTimer("seek", Seek.Instance, BetweenHellos, BetweenHellos);
        _cluster.Subscribe(Self, ClusterEvent.InitialStateAsEvents, typeof(ClusterEvent.IMemberEvent));
    }

    /// <inheritdoc/>
    protected override void PostStop()
    {
        _cluster.Unsubscribe(Self);
        _link?.Dispose();
    }

    /// <summary>What it throws ends the node: a restart would only throw again.</summary>
    protected override void PreRestart(Exception reason, object message)
    {
        _node.End(new NodeEnd.Failed(reason));
        base.PreRestart(reason, message);
    }

    // Kept here: the cluster's own list may be older than the event.
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
        if (_owner is not null || _data is null || _isRehearsing || _isLeaving || !IsReady) return;
        _proxy.Tell(new ClusterProtocol.Hello(
            ClusterProtocol.Version, NodeContext.SoftwareVersion, _node.Cluster.Name,
            _node.Cluster.IsAggregator ? Math.Clamp(_groupNow.Cores, 1, WireFormat.MaxShards) : _node.Training.Shards,
            _data.Sha256, _data.Name, _node.Kernels));
    }

    private void Begin(ClusterProtocol.Welcome m, RangeProtocol.SplitWelcome? holders)
    {
        // Answers to hellos that crossed with the first welcome: their tokens are never used.
        if (_owner is not null || _data is null || _isRehearsing || _isLeaving || m.Incarnation < _incarnation) return;
        if (_node.Read(m.RecipeJson) is not { } recipe) return;
        var plan = new TrainingPlan(recipe, _data.Description);
        if (_recipe != m.RecipeJson)
        {
            _recipe = m.RecipeJson;
            Rehearse(plan, _data);
            _lead = new(m.Run, m.Incarnation, plan, _worker);
            return;
        }
        if (_node.Cluster.IsAggregator && m.Incarnation != _lead!.Incarnation)
        {
            // Its members come to the new server's group first.
            _lead = _lead with { Run = m.Run, Incarnation = m.Incarnation };
            _groupNow = new(_node.Training.Shards, Members: 0);
            _group.Tell(_lead);
            return;
        }
        (_incarnation, _server, _closingReason, _isMoving) = (m.Incarnation, Sender.Path.Address, null, false);
        _through = _server == _aggregator ? _node.Cluster.Through : null;
        if (holders is not null)
        {
            var owner = new SplitServerLink(holders, plan, Self, _worker);
            Await(owner, owner.Connect(_node));
        }
        else
        {
            var owner = new ServerLink(m.Incarnation, plan, Self, _worker);
            ILinkOwner end = _node.Cluster.IsAggregator ? new RelayedLink(owner, _worker) : owner;
            Await(owner, _node.Connect(Context, m.BulkHost, m.BulkPort, m.Run, m.Token, end));
        }
    }

    private void Await(ILinkOwner owner, Task<ILink> connecting)
    {
        _owner = owner;
        connecting.PipeTo(
            Self, success: link => new LinkOpened(owner, link),
            failure: e => new LinkClosed(owner, (e.InnerException ?? e).Message));
    }

    // Hello is said again afterwards: the others are not to wait for a node that only gets ready.
    private void Rehearse(TrainingPlan plan, Dataset data)
    {
        Context.Stop(_worker);
        var (shards, matMul) = (_node.Training.Shards, _node.Training.CreateKernel(plan.Recipe.Kernel));
        _worker = Context.ActorOf(_node.Cluster.IsAggregator
            ? AggregatorActor.Props(_node, plan, data, matMul)
            : WorkerNodeActor.Props(shards, plan, data, matMul, _node.VectorMemory));
        _isRehearsing = true;
        _groupNow = new(shards, Members: 0);
        if (shards == 0)
        {
            Self.Tell(Rehearsed.Instance);
            return;
        }
        var (self, orders) = (Self, Rehearsal.OrdersOf(plan));
        var nowhere = new RehearsalLink(orders.Length, () => self.Tell(Rehearsed.Instance));
        _worker.Tell(new WorkerNodeActor.UseLink(nowhere));
        foreach (var order in orders) _worker.Tell(new OrderArrived(order));
    }

    private void Open(LinkOpened m)
    {
        if (!ReferenceEquals(m.Owner, _owner))
        {
            m.Link.Dispose();
            return;
        }
        _link = m.Link;
        if (_isLeaving) _link.Leave();
        else if (_closingReason is null && !_isMoving) _node.Tell(new NodeWelcomed(_incarnation, _through));
        else _link.Dispose();
    }

    private void Close(ILinkOwner owner, string reason)
    {
        if (!ReferenceEquals(owner, _owner)) return;
        if (_isLeaving)
        {
            Context.Stop(Self);
            return;
        }
        if (_link is not null && _over < _incarnation && !_isMoving)
            _node.Tell(new ServerLinkLost(_incarnation, _closingReason ?? reason, _through));
        if (_link is null) TellTrouble($"no connection to {_through ?? $"server {_incarnation}"}: {reason}");
        (_owner, _link, _server) = (null, null, null);
    }

    // An aggregator's first hello only asks which run it is that its group is to take part in.
    private bool IsReady =>
        !_node.Cluster.IsAggregator || _recipe is null || (_hasGroup && _groupNow.Cores > 0);

    private void Note(AggregatorActor.GroupChanged group)
    {
        _groupNow = group;
        _hasGroup |= group.Members >= _node.WorkersToBegin;
        if (group.Cores > 0 || _owner is null) return;
        _node.Tell(new Notice("nobody of the group is left; waits for a member"));
        LeaveLink(reason: null);
    }

    // Without a reason it is no loss.
    private void LeaveLink(string? reason)
    {
        (_closingReason, _isMoving) = (reason, reason is null);
        _link?.Leave();
    }

    // It tries again all the time: each reason is told once.
    private void TellTrouble(string trouble)
    {
        if (_trouble != trouble) _node.Tell(new Notice(trouble));
        _trouble = trouble;
    }

    /// <summary>The link to the server is there.</summary>
    internal sealed record LinkOpened(ILinkOwner Owner, ILink Link);

    /// <summary>The link to the server is gone, or never came.</summary>
    internal sealed record LinkClosed(ILinkOwner Owner, string Reason);

    /// <summary>The node leaves: say so, that its work is handed out at once, and stop when the server knows.</summary>
    internal sealed record Leave
    {
        public static Leave Instance { get; } = new();
    }

    private sealed record Rehearsed
    {
        public static Rehearsed Instance { get; } = new();
    }

    private sealed record Seek
    {
        public static Seek Instance { get; } = new();
    }
}
