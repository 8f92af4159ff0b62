using ActorTrain.Actors.Bulk;
using ActorTrain.Actors.Protocol;
using ActorTrain.Server;
using Akka.Actor;

namespace ActorTrain.Actors;

/// <summary>Where the parameters are split: who holds which range, and what follows when one is lost.</summary>
internal sealed partial class ServerNodeActor
{
    private HolderRoster? _roster;

    private void ReceiveHolders()
    {
        Receive<RangeProtocol.HolderHello>(Admit);
        Receive<RemoteHolderActor.Attached>(m =>
        {
            if (_roster!.Attach(Sender, m.Way) is not { } name) return;
            Node.Tell(new RangeAssigned(name, m.Way.Range));
            if (_roster.IsComplete) _server.Tell(new RangeHolders.AllHeld(_roster.Ways));
        });
        Receive<RemoteHolderActor.Lost>(m => Lose(Sender, m.Reason));
    }

    private ServerState Split(ServerState state)
    {
        _roster = new(ParameterRange.Divide(state.Plan.Recipe.Model.Layout.Count, Node.Cluster.ParameterServers));
        return state with { Split = SplitParameters.Of(_roster.Ranges, state.Training) };
    }

    private void Admit(RangeProtocol.HolderHello hello)
    {
        if (_plan is null || _origin is null || _isOver) return;
        if (Admission.Refusal(hello, _roster is not null, NodeContext.SoftwareVersion) is { } reason)
        {
            _nodes.Refuse(hello.Node, reason, Sender);
            return;
        }
        var isNew = _nodes.LinkOf(hello.Node) is null;
        // One more than there are ranges waits until one is free.
        if (isNew && _roster!.Free is null) return;
        var index = _roster!.Free ?? 0;
        var range = _roster.Ranges[index];
        var (run, incarnation) = (_origin.Run, _origin.Incarnation);
        _nodes.Greet(hello.Node, shards: 0, _ => RemoteHolderActor.Props(
            index, range, incarnation, _server, _links,
            token => new RangeProtocol.HolderWelcome(WelcomeOf(run, incarnation, token), range)));
        if (isNew)
            _roster.Reserve(
                index, hello.Node, _nodes.LinkOf(hello.Node)!,
                new(range, hello.BulkHost, hello.BulkPort, hello.Token));
    }

    // Its members would need every range through it.
    private string? RefusalInSplit(Address address) => _roster is not null && Cluster.State.Members.Any(
        m => m.Address == address && m.HasRole(ClusterSettings.AggregatorRole))
        ? "it is an aggregator, and the parameters of this run are split over several nodes; start it as a worker, "
            + "or the server without --parameter-servers."
        : null;

    private ClusterProtocol.Welcome WelcomeOf(Guid run, long incarnation, BulkToken token)
    {
        var (host, port) = BulkAddress();
        return new(run, incarnation, _recipe, _plan!.Data, host, port, token);
    }

    // What a worker is answered: where the parameters are split, with who holds which range now.
    private Func<BulkToken, object> WelcomeOf(Guid run, long incarnation)
    {
        var holders = _roster?.Addresses;
        return token => holders is { } all
            ? new RangeProtocol.SplitWelcome(WelcomeOf(run, incarnation, token), all)
            : WelcomeOf(run, incarnation, token);
    }

    // While a range has no holder nobody has anything to compute from.
    private void Lose(IActorRef standIn, string reason)
    {
        var wasComplete = _roster!.IsComplete;
        if (_roster.Remove(standIn) is not var (name, range) || _isOver) return;
        Node.Tell(new RangeUnassigned(name, range, reason));
        if (!wasComplete) return;
        _origin = _origin! with
        {
            Incarnation = Math.Max(_origin.Incarnation + 1, Node.Time.GetUtcNow().ToUnixTimeMilliseconds()),
        };
        _roster.Clear();
        _nodes.TellLinks(new RemoteNodeActor.EndIncarnation($"{name} was lost"));
        _server.Tell(new RangeLost(_origin.Incarnation));
    }
}
