namespace ActorTrain.Simulation.Tests.Cluster;

/// <summary>
/// A process that takes part in a run over one connection to the server, or to somebody in its place.
/// </summary>
internal abstract class DialingProcess(World world, string name) : Process(world, name)
{
    private ServerProcess? _server;
    private int _connections;

    /// <summary>The connection to whom it takes part through.</summary>
    protected Connection? Connection { get; private set; }

    protected override void Started()
    {
        _server = null;
        After(Random.Below(1000), Happening.Dial);
    }

    protected override void Died() => Connection = null;

    /// <summary>Whom to dial now; none: nobody can be reached.</summary>
    protected virtual Process? Upstream() =>
        _server is { IsUp: true, IsServing: true } && World.Network.IsReachable(this, _server) ? _server : null;

    /// <summary>The connection is gone.</summary>
    protected abstract void ServerIsLost();

    protected void Dial()
    {
        if (Connection is not null) return;
        if (World.Membership.Server is { } server && World.Network.IsReachable(this, server)) _server = server;
        if (Upstream() is { } upstream) Connection = World.Network.Connect(this, upstream, ++_connections);
        else After(Random.BetweenByMagnitude(1000, 50_000), Happening.Dial);
    }

    protected void HearOf(ServerProcess server)
    {
        if (server == _server && Connection is not null) return;
        _server = server;
        // Closed before anything of the new server's is done: what still lies in memory for the old one may be written.
        HangUp();
        Dial();
    }

    /// <summary>Ends the connection, if there is one.</summary>
    protected void HangUp()
    {
        if (Connection is not { } old) return;
        World.Network.Break(old);
        Connection = null;
        ServerIsLost();
    }

    protected void Disconnect(Connection connection)
    {
        connection.IsLostAtWorker = true;
        if (connection != Connection) return;
        Connection = null;
        ServerIsLost();
        After(Random.BetweenByMagnitude(100, 50_000), Happening.Dial);
    }

    /// <summary>The order in a frame; none: it is lost with its connection.</summary>
    protected WorkOrder? OrderIn(Connection connection, in Event frame)
    {
        // TCP gives nothing after the end; whoever reorders may.
        if (World.Settings.IsOrdered && connection.IsLostAtWorker) return null;
        if (!World.Network.Arrives(connection, frame)) return null;
        var order = (WorkOrder)frame.Payload!;
        World.Note($"{Name} gets {order.Key} of server incarnation {order.Key.Incarnation}");
        return World.Settings.IsReal ? World.Run.Copied(order) : order;
    }

    protected void CarryOut(WorkerEffect effect)
    {
        if (Connection is null) return;
        if (effect is SendFailure) World.Network.SendToServer(Connection, effect);
        if (effect is not SendAnswer { Answer: var answer }) return;
        World.Note($"{Name} answers {answer.Key}");
        World.Network.SendToServer(Connection, World.Settings.IsReal ? answer : World.Run.Copied(answer));
    }

    protected void BeDismissed()
    {
        World.Note($"{Name} is dismissed");
        IsDismissed = true;
        Crash();
    }
}
