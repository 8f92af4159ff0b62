using ActorTrain.Actors.Bulk;
using ActorTrain.Actors.Protocol;
using ActorTrain.Checkpoints;
using Akka.Actor;
using Akka.Cluster;

namespace ActorTrain.Actors;

/// <summary>
/// On each node of role server: asks the server for its checkpoints and keeps them on this node's disk, so that this
/// node can take over.
/// </summary>
internal sealed class StandbyActor : ReceiveActor, IWithTimers
{
    private static readonly TimeSpan BetweenHellos = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan DiskPatience = TimeSpan.FromSeconds(30);

    private readonly Cluster _cluster = Cluster.Get(Context.System);
    private readonly NodeContext _node;
    private readonly IActorRef _proxy;
    private Task? _loading;
    private DataDescription? _data;
    private StandbyKeeper? _keeper;
    private ILink? _link;
    private Address? _server;
    private string? _closingReason;
    private RunOverHeard? _over;
    private FormerRun? _former;
    private IActorRef? _successor;
    private bool _isServer;
    private bool _isLeaving;

    /// <summary>A stand-by that looks for a server.</summary>
    public StandbyActor(NodeContext node, CheckpointFolder folder, IActorRef proxy)
    {
        (_node, _proxy) = (node, proxy);
        Receive<Seek>(_ =>
        {
            if (_keeper is null && !_isServer && !_isLeaving && _over is null)
                _proxy.Tell(new ClusterProtocol.StandbyHello(
                    ClusterProtocol.Version, NodeContext.SoftwareVersion, _node.Cluster.Name));
        });
        Receive<ClusterProtocol.StandbyWelcome>(m =>
        {
            if (_keeper is not null || _isServer || _isLeaving) return;
            if (_data is null)
            {
                // The next hello's welcome finds it. A server never gets here, and loads it by itself.
                _loading ??= Task.Run(() => node.Training.LoadData(CancellationToken.None)).PipeTo(
                    Self, success: data => new Loaded(data.Description));
                return;
            }
            (_server, _closingReason) = (Sender.Path.Address, null);
            var keeper = _keeper = new(folder, _data, m.Run, m.Incarnation, node, Self);
            _node.Connect(Context, m.BulkHost, m.BulkPort, m.Run, m.Token, keeper)
                .PipeTo(
                    Self, success: link => new Opened(keeper, link),
                    failure: e => new StandbyKeeper.Closed(keeper, (e.InnerException ?? e).Message));
        });
        Receive<Loaded>(m => _data = m.Data);
        Receive<Status.Failure>(m => _node.End(new NodeEnd.Failed(m.Cause)));
        Receive<ClusterProtocol.Refused>(m => _node.End(new NodeEnd.Refused(m.Reason)));
        Receive<ClusterProtocol.RunOver>(m =>
        {
            _over = new(m.Phase, m.WeightsSha256, m.Reason);
            _node.Tell(_over);
            _node.End(new NodeEnd.RunOver(_over));
        });
        Receive<Opened>(m =>
        {
            if (!ReferenceEquals(m.Keeper, _keeper) || _isServer)
            {
                m.Link.Dispose();
            }
            else
            {
                _link = m.Link;
                if (_former?.Run != m.Keeper.Run) _former = new(m.Keeper.Run, HasBegun: false);
            }
            if (_isLeaving) m.Link.Leave();
            else if (_closingReason is not null) m.Link.Dispose();
        });
        Receive<StandbyKeeper.HasBegun>(m => _former = new(m.Keeper.Run, HasBegun: true));
        Receive<StandbyKeeper.Closed>(m =>
        {
            if (!ReferenceEquals(m.Keeper, _keeper)) return;
            if (_link is not null && !_isLeaving)
                _node.Tell(new ServerLinkLost(m.Keeper.Incarnation, _closingReason ?? m.Reason));
            (_keeper, _link, _server) = (null, null, null);
            Timers.Cancel("hung");
            _successor?.Tell(new MayBegin(_over, _former));
            _successor = null;
            if (_isLeaving) Context.Stop(Self);
        });
        Receive<ClusterEvent.IMemberEvent>(
            // A server that is paused or cut off holds its end of the link for as long as it likes.
            _ =>
            {
                _closingReason = "the others removed it";
                _link?.Dispose();
            },
            m => m.Member.Status is MemberStatus.Down or MemberStatus.Removed && m.Member.Address == _server);
        Receive<TakeOver>(_ =>
        {
            _isServer = true;
            // A checkpoint that is being written now is whole, or gone, when the link's end is told.
            if (_link is null)
            {
                Sender.Tell(new MayBegin(_over, _former));
                return;
            }
            _successor = Sender;
            _link.Dispose();
            Timers.StartSingleTimer("hung", Hung.Instance, DiskPatience);
        });
        // Another one may go on: this one's newest checkpoint would never be known.
        Receive<Hung>(_ => _node.End(new NodeEnd.Failed(
            new IOException($"{folder.Folder}: the disk does not answer, so this node can't go on with the run."))));
        Receive<Leave>(_ =>
        {
            _isLeaving = true;
            if (_keeper is null) Context.Stop(Self);
            else _link?.Leave();
        });
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>How to make one.</summary>
    public static Props Props(NodeContext node, CheckpointFolder folder, IActorRef proxy) =>
        Akka.Actor.Props.Create(() => new StandbyActor(node, folder, proxy));

    /// <inheritdoc/>
    protected override void PreStart()
    {
        Timers.StartPeriodicTimer("seek", Seek.Instance, TimeSpan.Zero, BetweenHellos);
        _cluster.Subscribe(Self, ClusterEvent.InitialStateAsEvents, typeof(ClusterEvent.IMemberEvent));
    }

    /// <inheritdoc/>
    protected override void PostStop()
    {
        _cluster.Unsubscribe(Self);
        _link?.Dispose();
    }

    /// <summary>From this node's server to be: nothing is written any more. Answer: <see cref="MayBegin"/>.</summary>
    internal sealed record TakeOver
    {
        public static TakeOver Instance { get; } = new();
    }

    /// <summary>The node leaves: say so, and stop when the server knows.</summary>
    internal sealed record Leave
    {
        public static Leave Instance { get; } = new();
    }

    /// <summary>What is kept is whole.</summary>
    /// <param name="Over">Set when the run is over: there is nothing to take over.</param>
    /// <param name="Former">The run that another server has led before; none: this node has stood by for none.</param>
    internal sealed record MayBegin(RunOverHeard? Over, FormerRun? Former);

    private sealed record Seek
    {
        public static Seek Instance { get; } = new();
    }

    private sealed record Hung
    {
        public static Hung Instance { get; } = new();
    }

    private sealed record Loaded(DataDescription Data);

    private sealed record Opened(StandbyKeeper Keeper, ILink Link);
}
