using ActorTrain.Actors.Bulk;
using ActorTrain.Actors.Protocol;
using ActorTrain.Server;
using Akka.Actor;

namespace ActorTrain.Actors;

/// <summary>
/// The place in a run of a node that holds a range of the parameters: it asks for a range, and listens for workers.
/// </summary>
#pragma warning disable CA1001 // an actor is disposed of by PostStop
internal sealed class HolderSessionActor : ServerSessionActor
#pragma warning restore CA1001
{
    private readonly BulkToken _token = BulkToken.Create();
    private readonly IActorRef _proxy;
    private volatile Session? _session;
    private BulkListener? _listener;
    private int _workers;

    /// <summary>A node that looks for a server.</summary>
    public HolderSessionActor(NodeContext node, IActorRef proxy) : base(node)
    {
        _proxy = proxy;
        Receive<RangeProtocol.HolderWelcome>(m => Begin(m.Welcome, m.Range));
    }

    /// <summary>How to make one.</summary>
    public static Props Props(NodeContext node, IActorRef proxy) =>
        Akka.Actor.Props.Create(() => new HolderSessionActor(node, proxy));

    /// <inheritdoc/>
    protected override void PreStart()
    {
        _listener = new(
            Node.Cluster.Host, Node.Cluster.BulkPort, Node.Tls, LinkOf, line => Node.Tell(new Notice(line)),
            shared: Node.Shared);
        base.PreStart();
    }

    /// <inheritdoc/>
    protected override void PostStop()
    {
        base.PostStop();
        _listener?.Dispose();
    }

    // Called by the listener's threads. The token is the same for all workers; a new incarnation refuses the frames of
    // those that came for an older one.
    private HolderWorkerLink? LinkOf(AttachRequest request) =>
        _session is { } s && request.Run == s.Run && request.Token == _token
            ? new(Interlocked.Increment(ref _workers), s.Incarnation, s.Plan, s.Range, s.Holder)
            : null;

    /// <inheritdoc/>
    protected override void SayHello()
    {
        if (HasOwner || IsLeaving) return;
        _proxy.Tell(new RangeProtocol.HolderHello(
            ClusterProtocol.Version, NodeContext.SoftwareVersion, Node.Cluster.Name,
            Node.Cluster.PublicHost ?? Node.Cluster.Host, _listener!.Port, _token));
    }

    /// <inheritdoc/>
    protected override void Begin() => Node.Tell(new RangeTaken(_session!.Range, Incarnation));

    /// <inheritdoc/>
    protected override void End(string reason, bool wasThere)
    {
        Context.Stop(_session!.Holder);
        _session = null;
    }

    private void Begin(ClusterProtocol.Welcome m, ParameterRange range)
    {
        if (HasOwner || IsLeaving || m.Incarnation < Incarnation) return;
        var plan = new TrainingPlan(RecipeJson.Read(m.RecipeJson), m.Data);
        Welcomed(m.Incarnation);
        var holder = Context.ActorOf(RangeHolderActor.Props(m.Incarnation, plan, range, Node.VectorMemory));
        // Before the server knows of it, and so before a worker does.
        _session = new(m.Run, m.Incarnation, plan, range, holder);
        var owner = new HolderServerLink(m.Incarnation, plan, range, Self, holder);
        Await(owner, Node.Connect(Context, m.BulkHost, m.BulkPort, m.Run, m.Token, owner));
    }

    private sealed record Session(
        Guid Run, long Incarnation, TrainingPlan Plan, ParameterRange Range, IActorRef Holder);
}
