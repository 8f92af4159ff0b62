using ActorTrain.Actors.Protocol;
using ActorTrain.Server;
using Akka.Actor;
using Akka.Cluster;

namespace ActorTrain.Actors;

/// <summary>
/// A shell around <see cref="Route"/>, in the place of the server's proxy: passes hellos of a node that belongs to an
/// aggregator on to it, or to the server, and tells the node when its way is another one.
/// </summary>
internal sealed class RouteActor : ReceiveActor
{
    private readonly Cluster _cluster = Cluster.Get(Context.System);
    private readonly NodeContext _node;
    private readonly IActorRef _proxy;
    private readonly string _name;
    private readonly string _role;
    private readonly HashSet<string> _others = [];
    private IActorRef _session = ActorRefs.Nobody;
    private readonly List<Member> _there = [];
    private Route? _route;
    private (Way Way, Address? Aggregator) _way;

    /// <summary>A way that is not known yet.</summary>
    public RouteActor(NodeContext node, IActorRef proxy)
    {
        (_node, _proxy, _name) = (node, proxy, node.Cluster.Through!);
        _role = AggregatorRole.Of(_name);
        Receive<ClusterProtocol.Hello>(m =>
        {
            _session = Sender;
            Follow();
            if (_way.Way == Way.Server) _proxy.Forward(m);
            if (_way.Aggregator is { } aggregator)
                Context.ActorSelection(new RootActorPath(aggregator) / "user" / ClusterHocon.SessionName)
                    .Tell(m, Sender);
        });
        Receive<ClusterEvent.IMemberEvent>(m => See(m.Member, isReachable: true));
        Receive<ClusterEvent.UnreachableMember>(m => See(m.Member, isReachable: false));
        Receive<ClusterEvent.ReachableMember>(m => See(m.Member, isReachable: true));
    }

    /// <summary>How to make one.</summary>
    public static Props Props(NodeContext node, IActorRef proxy) =>
        Akka.Actor.Props.Create(() => new RouteActor(node, proxy));

    /// <inheritdoc/>
    protected override void PreStart() => _cluster.Subscribe(
        Self, ClusterEvent.InitialStateAsEvents, typeof(ClusterEvent.IMemberEvent),
        typeof(ClusterEvent.IReachabilityEvent));

    /// <inheritdoc/>
    protected override void PostStop() => _cluster.Unsubscribe(Self);

    private TimeSpan Now => _node.Time.GetElapsedTime(0);

    private void See(Member member, bool isReachable)
    {
        var isThere = isReachable && member.Status is MemberStatus.Up or MemberStatus.WeaklyUp;
        // Before this node is in the cluster it can see nobody.
        if (member.UniqueAddress == _cluster.SelfUniqueAddress && isThere) _route ??= new(IsThere: false, Now);
        if (member.Roles.Select(AggregatorRole.NameOf).FirstOrDefault(n => n is not null) is { } other)
            _others.Add(other);
        if (!member.HasRole(_role)) return;
        // One that is started again may be there before its earlier life is gone.
        _there.RemoveAll(m => m.UniqueAddress == member.UniqueAddress);
        if (isThere) _there.Add(member);
        _route = (_route ?? new(IsThere: false, Now)).See(_there.Count > 0, Now);
        Follow();
    }

    private void Follow()
    {
        var way = _route?.At(Now) ?? Way.None;
        var aggregator = way == Way.Aggregator ? _there[0].Address : null;
        if ((way, aggregator) == _way) return;
        (var before, _way) = (_way, (way, aggregator));
        if (way == Way.Server) _node.Tell(new Notice(Missing()));
        if (way == Way.Aggregator && before.Way == Way.Server)
            _node.Tell(new Notice($"aggregator {_name} is there: goes through it from here on"));
        _session.Tell(new Changed(aggregator));
    }

    private string Missing()
    {
        _others.Remove(_name);
        var others = _others.Count == 0 ? "there is none" : $"there are {string.Join(", ", _others.Order())}";
        return $"no aggregator '{_name}' is in the cluster ({others}): takes part without one until it comes; "
            + $"start it with --role aggregator --name {_name}, or give another --through.";
    }

    /// <summary>To the session: a link that leads anywhere else is to be left.</summary>
    /// <param name="Aggregator">Where the node's aggregator is; none: it is away.</param>
    internal sealed record Changed(Address? Aggregator);
}
