using ActorTrain.Actors.Bulk;
using ActorTrain.Actors.Protocol;
using Akka.Actor;
using Akka.Cluster;

namespace ActorTrain.Actors;

/// <summary>
/// Lets worker nodes take part through this one: admits them as a server does, and gives each a link to the
/// aggregator.
/// </summary>
#pragma warning disable CA1001 // an actor is disposed of by PostStop
internal sealed class GroupActor : NodeActor
#pragma warning restore CA1001
{
    private readonly ExpectedLinks _links = new();
    private readonly NodeRegister _members;
    private BulkListener? _listener;
    private volatile Lead? _lead;
    private string _recipe = "";

    /// <summary>A group that nobody can join before the run is known.</summary>
    public GroupActor(NodeContext node)
        : base(node, typeof(ClusterEvent.MemberRemoved), typeof(ClusterEvent.UnreachableMember))
    {
        _members = new(node, Context);
        Receive<Lead>(Begin);
        Receive<ClusterProtocol.Hello>(Admit, _ => _lead is not null);
        Receive<ClusterProtocol.Hello>(_ => { });
        Receive<ClusterProtocol.RunOver>(_members.Tell);
        Receive<ClusterEvent.MemberRemoved>(m => _members.Drop(m.Member.Address, "it left the cluster"));
        Receive<ClusterEvent.UnreachableMember>(m => _members.Drop(m.Member.Address, "it does not answer"));
        Receive<ServerNodeActor.NodeDismissed>(_members.Dismiss);
        Receive<ServerNodeActor.NameTaken>(_members.Refuse);
        Receive<Terminated>(m => _members.Forget(m.ActorRef));
    }

    /// <summary>How to make one.</summary>
    public static Props Props(NodeContext node) => Akka.Actor.Props.Create(() => new GroupActor(node));

    /// <inheritdoc/>
    protected override void PostStop()
    {
        base.PostStop();
        _listener?.Dispose();
    }

    // A link is one server's: orders of another one are not taken over it.
    private void Begin(Lead m)
    {
        if (_lead is not null) _members.DropAll("another server leads the run");
        // Gradients are compressed once, on their way to the server: only so its record of the run says all of them.
        _lead = m with { Plan = new(m.Plan.Recipe with { Compression = new NoCompression() }, m.Plan.Data) };
        _recipe = RecipeJson.Write(_lead.Plan.Recipe);
        if (_listener is not null || Node.Cluster.Transport != BulkTransport.Tcp) return;
        try
        {
            _listener = new(
                Node.Cluster.Host, Node.Cluster.BulkPort, Node.Tls, LinkOf, line => Node.Tell(new Notice(line)),
                shared: Node.Shared);
        }
        catch (IOException e)
        {
            Node.End(new NodeEnd.Failed(e));
        }
    }

    // Called by the listener's threads. A token is good once.
    private ILinkOwner? LinkOf(AttachRequest request) =>
        request.Run == _lead!.Run ? _links.Take(request.Token) : null;

    private void Admit(ClusterProtocol.Hello hello)
    {
        var (run, incarnation, plan, aggregator) = _lead!;
        var reason = _members.DismissalOf(hello.Node) ?? Admission.Refusal(hello, plan, NodeContext.SoftwareVersion);
        if (reason is not null)
        {
            _members.Refuse(hello.Node, reason, Sender);
            return;
        }
        _members.Greet(hello.Node, hello.Shards, life =>
        {
            var (recipe, host, port) = (
                _recipe, Node.Cluster.PublicHost ?? Node.Cluster.Host, _listener?.Port ?? 0);
            return RemoteWorkerActor.Props(new(hello.Node, life), plan, aggregator, _links, isSplit: false,
                token => new ClusterProtocol.Welcome(run, incarnation, recipe, plan.Data, host, port, token));
        });
    }

    /// <summary>The run that the group is to take part in, and the server that leads it.</summary>
    /// <param name="Run">Names the run.</param>
    /// <param name="Incarnation">The server's fencing number.</param>
    /// <param name="Plan">The run's plan.</param>
    /// <param name="Aggregator">Sums for the server.</param>
    internal sealed record Lead(Guid Run, long Incarnation, TrainingPlan Plan, IActorRef Aggregator);
}
