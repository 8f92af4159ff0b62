using ActorTrain.Actors.Bulk;
using ActorTrain.Actors.Protocol;
using ActorTrain.Server;
using Akka.Actor;

namespace ActorTrain.Actors;

/// <summary>
/// A worker node's place in a run. It gets ready before it asks for work. An aggregator's has a group, and asks when
/// the group is there.
/// </summary>
internal sealed class WorkerSessionActor : ServerSessionActor
{
    private readonly IActorRef _proxy;
    private readonly IActorRef _group;
    private Dataset? _data;
    private IActorRef _worker = ActorRefs.Nobody;
    private AggregatorActor.GroupChanged _groupNow = new(Cores: 0, Members: 0);
    private GroupActor.Lead? _lead;
    private Address? _aggregator;
    private string? _through;
    private bool _hasGroup;
    private string? _recipe;
    private string? _trouble;
    private bool _isRehearsing;

    /// <summary>A node that looks for a server.</summary>
    public WorkerSessionActor(NodeContext node, IActorRef proxy) : base(node)
    {
        _proxy = proxy;
        _group = node.Cluster.IsAggregator ? Context.ActorOf(GroupActor.Props(node), "group") : ActorRefs.Nobody;
        Receive<Dataset>(m =>
        {
            _data = m;
            SayHello();
        });
        Receive<Status.Failure>(m => Node.End(new NodeEnd.Failed(m.Cause)));
        Receive<ClusterProtocol.Welcome>(m => Begin(m, holders: null));
        Receive<RangeProtocol.SplitWelcome>(m => Begin(m.Welcome, m));
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
            if (Server != _aggregator) LeaveLink(_aggregator is null ? "it does not answer" : null);
        });
    }

    /// <inheritdoc/>
    protected override string? Through => _through;

    /// <summary>How to make one.</summary>
    public static Props Props(NodeContext node, IActorRef proxy) =>
        Akka.Actor.Props.Create(() => new WorkerSessionActor(node, proxy));

    /// <inheritdoc/>
    protected override void PreStart()
    {
        Task.Run(() => Node.Training.LoadData(CancellationToken.None)).PipeTo(Self);
        base.PreStart();
    }

    /// <inheritdoc/>
    protected override void SayHello()
    {
        if (HasOwner || _data is null || _isRehearsing || IsLeaving || !IsReady) return;
        _proxy.Tell(new ClusterProtocol.Hello(
            ClusterProtocol.Version, NodeContext.SoftwareVersion, Node.Cluster.Name,
            Node.Cluster.IsAggregator ? Math.Clamp(_groupNow.Cores, 1, WireFormat.MaxShards) : Node.Training.Shards,
            _data.Sha256, _data.Name, Node.Kernels));
    }

    /// <inheritdoc/>
    protected override void Hear(ClusterProtocol.RunOver over) => _group.Tell(over);

    /// <inheritdoc/>
    protected override void Begin() => Node.Tell(new NodeWelcomed(Incarnation, _through));

    /// <inheritdoc/>
    protected override void End(string reason, bool wasThere)
    {
        if (!wasThere) TellTrouble($"no connection to {_through ?? $"server {Incarnation}"}: {reason}");
    }

    private void Begin(ClusterProtocol.Welcome m, RangeProtocol.SplitWelcome? holders)
    {
        // Answers to hellos that crossed with the first welcome: their tokens are never used.
        if (HasOwner || _data is null || _isRehearsing || IsLeaving || m.Incarnation < Incarnation) return;
        var recipe = RecipeJson.Read(m.RecipeJson);
        var plan = new TrainingPlan(recipe, _data.Description);
        if (_recipe != m.RecipeJson)
        {
            _recipe = m.RecipeJson;
            Rehearse(plan, _data);
            _lead = new(m.Run, m.Incarnation, plan, _worker);
            return;
        }
        if (Node.Cluster.IsAggregator && m.Incarnation != _lead!.Incarnation)
        {
            // Its members come to the new server's group first.
            _lead = _lead with { Run = m.Run, Incarnation = m.Incarnation };
            _groupNow = new(Node.Training.Shards, Members: 0);
            _group.Tell(_lead);
            return;
        }
        Welcomed(m.Incarnation);
        _through = Server == _aggregator ? Node.Cluster.Through : null;
        if (holders is not null)
        {
            var owner = new SplitServerLink(holders, plan, Self, _worker);
            Await(owner, owner.Connect(Node));
        }
        else
        {
            var owner = new ServerLink(m.Incarnation, plan, Self, _worker);
            ILinkOwner end = Node.Cluster.IsAggregator ? new RelayedLink(owner, _worker) : owner;
            Await(owner, Node.Connect(Context, m.BulkHost, m.BulkPort, m.Run, m.Token, end));
        }
    }

    // Hello is said again afterwards: the others are not to wait for a node that only gets ready.
    private void Rehearse(TrainingPlan plan, Dataset data)
    {
        Context.Stop(_worker);
        var (shards, matMul) = (Node.Training.Shards, Node.Training.CreateKernel(plan.Recipe.Kernel));
        _worker = Context.ActorOf(Node.Cluster.IsAggregator
            ? AggregatorActor.Props(Node, plan, data, matMul)
            : WorkerNodeActor.Props(shards, plan, data, matMul, Node.VectorMemory));
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

    // An aggregator's first hello only asks which run it is that its group is to take part in.
    private bool IsReady =>
        !Node.Cluster.IsAggregator || _recipe is null || (_hasGroup && _groupNow.Cores > 0);

    private void Note(AggregatorActor.GroupChanged group)
    {
        _groupNow = group;
        _hasGroup |= group.Members >= Node.WorkersToBegin;
        if (group.Cores > 0 || !HasOwner) return;
        Node.Tell(new Notice("nobody of the group is left; waits for a member"));
        LeaveLink(reason: null);
    }

    // It tries again all the time: each reason is told once.
    private void TellTrouble(string trouble)
    {
        if (_trouble != trouble) Node.Tell(new Notice(trouble));
        _trouble = trouble;
    }

    private sealed record Rehearsed
    {
        public static Rehearsed Instance { get; } = new();
    }
}
