using ActorTrain.Actors.Bulk;
using ActorTrain.Actors.Protocol;
using ActorTrain.Kernels;
using ActorTrain.Server;
using Akka.Actor;
using Akka.Cluster;

namespace ActorTrain.Actors;

/// <summary>
/// The cluster singleton: goes on from the newest durable state, with a parameter server and this node's own shards,
/// and lets worker nodes and stand-bys take part.
/// </summary>
#pragma warning disable CA1001 // an actor is disposed of by PostStop
internal sealed partial class ServerNodeActor : NodeActor
#pragma warning restore CA1001
{
    private readonly ExpectedLinks _links = new();
    private readonly NodeRegister _nodes;
    private readonly IActorRef _standby;
    private BulkListener? _listener;
    private IActorRef _server = ActorRefs.Nobody;
    private TrainingPlan? _plan;
    private RunOrigin? _origin;
    private string _recipe = "";
    private FormerRun? _former;
    private bool _isLeaving;
    private bool _isOver;

    /// <summary>A server that begins as soon as what it goes on from is loaded.</summary>
    public ServerNodeActor(NodeContext node, IActorRef standby)
        : base(node, typeof(ClusterEvent.IMemberEvent), typeof(ClusterEvent.UnreachableMember))
    {
        (_standby, _nodes) = (standby, new(node, Context));
        Receive<StandbyActor.MayBegin>(m =>
        {
            _former = m.Former;
            if (m.Over is null) Load().PipeTo(Self, failure: e => new Status.Failure(e));
        });
        Receive<Loaded>(Begin);
        Receive<Status.Failure>(m => Node.End(new NodeEnd.Failed(m.Cause)));
        Receive<ClusterProtocol.Hello>(Admit);
        Receive<ClusterProtocol.StandbyHello>(Admit);
        Receive<ClusterEvent.IMemberEvent>(
            m => _nodes.Drop(m.Member.Address, "it left the cluster"), m => m is ClusterEvent.MemberRemoved);
        Receive<ClusterEvent.UnreachableMember>(m => _nodes.Drop(m.Member.Address, "it does not answer"));
        Receive<NodeDismissed>(_nodes.Dismiss);
        Receive<NameTaken>(_nodes.Refuse);
        Receive<Terminated>(m =>
        {
            _roster?.Remove(m.ActorRef);
            _nodes.Forget(m.ActorRef);
        });
        Receive<RunIsOver>(End);
        Receive<TrainingProtocol.StopTraining>(m => _server.Forward(m));
        Receive<Leave>(_ => HandOver());
        ReceiveHolders();
    }

    /// <summary>How to make one.</summary>
    public static Props Props(NodeContext node, IActorRef standby) =>
        Akka.Actor.Props.Create(() => new ServerNodeActor(node, standby));

    /// <inheritdoc/>
    protected override void PreStart()
    {
        base.PreStart();
        if (_standby.IsNobody()) Self.Tell(new StandbyActor.MayBegin(Over: null, Former: null));
        else _standby.Tell(StandbyActor.TakeOver.Instance);
    }

    /// <inheritdoc/>
    protected override void PostStop()
    {
        base.PostStop();
        _listener?.Dispose();
    }

    /// <summary>What its parameter server throws ends the node, too.</summary>
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(e =>
    {
        Node.End(new NodeEnd.Failed(e));
        return Directive.Stop;
    });

    private Task<Loaded> Load()
    {
        var (job, now, former) = (Node.Training, Node.Time.GetUtcNow(), _former);
        return Task.Run(async () =>
        {
            var state = DurableState.Load(job, now, former);
            var data = await job.LoadData(CancellationToken.None);
            state.CheckData(data.Description);
            return new Loaded(state, data, new(state.Recipe, data.Description), job.CreateKernel(state.Recipe.Kernel));
        });
    }

    private void Begin(Loaded m)
    {
        (_plan, _origin, _recipe) = (m.Plan, m.State.Origin, RecipeJson.Write(m.State.Recipe));
        foreach (var notice in m.State.Notices) Node.Tell(new Notice(notice));
        if (!TryListen()) return;
        // After a take-over the run goes on with whoever is there.
        var units = _former is not null ? 1 : Node.Training.Shards + Node.WorkersToBegin;
        var initial = ServerState.Initial(
            m.Plan, m.State.Training, _origin.Incarnation, Math.Max(1, units), Node.Cluster.CheckpointSteps) with
        {
            Joint = Node.Training.JointMemoryOf(m.Plan),
        };
        if (Node.Cluster.ParameterServers > 0) initial = Split(initial);
        _server = Context.ActorOf(
            ParameterServerActor.Props(
                initial, Node.Training.Checkpoints, Node.Events, Node.Time, _origin, Node.VectorMemory),
            "server");
        if (Node.Training.Shards > 0)
            Context.ActorOf(DataShardsActor.Props(Node.Training.Shards, _server, m.Plan, m.Data, m.MatMul), "shards");
        Node.Tell(new ServerStarted(_origin.Incarnation, m.Plan.StepsDone(m.State.Training.Position)));
        if (Node.IsStopRequested()) _server.Tell(TrainingProtocol.StopTraining.Instance);
    }

    // The port was free when the node started; a stand-by listens only when it takes over.
    private bool TryListen()
    {
        if (Node.Cluster.Transport != BulkTransport.Tcp) return true;
        try
        {
            _listener = new(
                Node.Cluster.Host, Node.Cluster.BulkPort, Node.Tls, LinkOf, line => Node.Tell(new Notice(line)),
                shared: Node.Shared);
            return true;
        }
        catch (IOException e)
        {
            Node.End(new NodeEnd.Failed(e));
            return false;
        }
    }

    // Called by the listener's threads. A token is good once.
    private ILinkOwner? LinkOf(AttachRequest request) =>
        request.Run == _origin!.Run ? _links.Take(request.Token) : null;

    private void Admit(ClusterProtocol.Hello hello)
    {
        if (_plan is null || _origin is null || _roster is { IsComplete: false }) return;
        if ((_nodes.DismissalOf(hello.Node) ?? RefusalInSplit(Sender.Path.Address)
            ?? Admission.Refusal(hello, _plan, NodeContext.SoftwareVersion)) is { } reason)
        {
            _nodes.Refuse(hello.Node, reason, Sender);
            return;
        }
        var (run, incarnation) = (_origin.Run, _origin.Incarnation);
        _nodes.Greet(hello.Node, hello.Shards, life =>
        {
            return RemoteWorkerActor.Props(
                new(hello.Node, life), _plan, _server, _links, isSplit: _roster is not null,
                WelcomeOf(run, incarnation));
        });
    }

    private void Admit(ClusterProtocol.StandbyHello hello)
    {
        // Who is not up yet does not count when the others decide who goes on: it could not take over.
        if (_plan is null || _origin is null || Sender.Path.Address.HasLocalScope || !IsUp(Sender.Path.Address)) return;
        if (Admission.Refusal(hello, NodeContext.SoftwareVersion) is { } reason)
        {
            _nodes.Refuse(hello.Node, reason, Sender);
            return;
        }
        var (run, incarnation) = (_origin.Run, _origin.Incarnation);
        _nodes.Greet(hello.Node, shards: 0, _ =>
        {
            var (host, port) = BulkAddress();
            return RemoteStandbyActor.Props(hello.Node, incarnation, Node, _server, _links,
                token => new ClusterProtocol.StandbyWelcome(run, incarnation, host, port, token));
        });
    }

    private bool IsUp(Address address) =>
        Cluster.State.Members.Any(m => m.Address == address && m.Status == MemberStatus.Up);

    private (string Host, int Port) BulkAddress() =>
        (Node.Cluster.PublicHost ?? Node.Cluster.Host, _listener?.Port ?? 0);

    private void HandOver()
    {
        _isLeaving = true;
        if (_server.IsNobody() || _isOver) Context.Stop(Self);
        else _server.Tell(TrainingProtocol.StopTraining.Instance);
    }

    // A server that hands over has stopped its own part only: the next one goes on.
    private void End(RunIsOver m)
    {
        _isOver = true;
        if (!_isLeaving)
        {
            var over = new ClusterProtocol.RunOver(
                _origin!.Run, _origin.Incarnation, m.Outcome.Phase, m.Outcome.State.Parameters.Sha256(),
                m.Outcome.Reason);
            _nodes.Tell(over);
            // A stand-by that is not greeted yet would take over, and train it all again.
            foreach (var member in Cluster.State.Members)
                if (member.HasRole(ClusterSettings.ServerRole) && member.Address != Cluster.SelfAddress)
                    Context.ActorSelection(new RootActorPath(member.Address) / "user" / ClusterHocon.StandbyName)
                        .Tell(over);
            Node.End(new NodeEnd.RunEnded(m.Outcome));
        }
        else
        {
            Context.Stop(Self);
        }
    }

    /// <summary>From the parameter server: the run is over, and what had to be written is.</summary>
    internal sealed record RunIsOver(TrainingOutcome Outcome);

    /// <summary>A worker node takes no part any more, nor when it comes back.</summary>
    internal sealed record NodeDismissed(string Name, string Reason);

    /// <summary>A node has said hello whose name another one takes part by.</summary>
    internal sealed record NameTaken(string Name, Address By, IActorRef Namesake);

    /// <summary>The node leaves: hand over to the next one.</summary>
    internal sealed record Leave
    {
        public static Leave Instance { get; } = new();
    }

    private sealed record Loaded(DurableState State, Dataset Data, TrainingPlan Plan, IMatMul MatMul);
}
