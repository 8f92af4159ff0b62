namespace ActorTrain.Simulation.Tests.Cluster;

/// <summary>
/// A worker process: the real rules of a node, its shards, one connection to the server that it knows.
/// </summary>
internal sealed class WorkerProcess(World world, string name) : Process(world, name)
{
    private WorkerState _state = WorkerState.Initial(world.Run.Plan);
    private NodeSums _sums = new();
    private ServerProcess? _server;
    private Connection? _connection;
    private int _connections;

    protected override void Started()
    {
        _state = WorkerState.Initial(World.Run.Plan);
        _sums = new();
        _server = null;
        for (var i = 0; i < World.Settings.WorkerShards; i++) StartShard(new($"shard {i}", Incarnation: 0));
        After(Random.Below(1000), Happening.Dial);
    }

    protected override void Died() => _connection = null;

    protected override void Handle(in Event e)
    {
        switch (e.What)
        {
            case Happening.Dial:
                Dial();
                break;
            case Happening.ServerNews:
                HearOf((ServerProcess)e.Subject!);
                break;
            case Happening.ConnectionLost:
                Disconnect((Connection)e.Subject!);
                break;
            case Happening.Dismissed:
                World.Note($"{Name} is dismissed");
                IsDismissed = true;
                Crash();
                break;
            case Happening.FrameToWorker:
                Take((Connection)e.Subject!, e);
                break;
            default:
                throw new System.Diagnostics.UnreachableException($"{e.What} is not for a worker.");
        }
    }

    protected override void ShardReady(ShardId shard) => Take(new NodeShardReady(shard));

    // A node notices when the shard is back.
    protected override void ShardDied(ShardId shard)
    {
    }

    protected override void ShardAnswered(ShardId shard, WorkAnswer answer) => Take(new PartAnswered(shard, answer));

    protected override void ShardThrew(ShardId shard, WorkKey key, string reason) =>
        Take(new PartFailed(shard, key, reason));

    private void Dial()
    {
        if (_connection is not null) return;
        if (World.Membership.Server is { } server && World.Network.IsReachable(this, server)) _server = server;
        if (_server is { IsUp: true, IsServing: true } && World.Network.IsReachable(this, _server))
            _connection = World.Network.Connect(this, _server, ++_connections);
        else
            After(Random.BetweenByMagnitude(1000, 50_000), Happening.Dial);
    }

    private void HearOf(ServerProcess server)
    {
        if (server == _server && _connection is not null) return;
        _server = server;
        // Closed before anything of the new server's is done: what still lies in memory for the old one may be written.
        if (_connection is { } old)
        {
            World.Network.Break(old);
            LoseServer();
        }
        Dial();
    }

    private void Disconnect(Connection connection)
    {
        connection.IsLostAtWorker = true;
        if (connection != _connection) return;
        LoseServer();
        After(Random.BetweenByMagnitude(100, 50_000), Happening.Dial);
    }

    private void LoseServer()
    {
        _connection = null;
        Take(ServerLost.Instance);
    }

    private void Take(Connection connection, in Event frame)
    {
        // TCP gives nothing after the end; whoever reorders may.
        if (World.Settings.IsOrdered && connection.IsLostAtWorker) return;
        if (!World.Network.Arrives(connection, frame)) return;
        var order = (WorkOrder)frame.Payload!;
        if (order.Key.Incarnation < _state.Incarnation) World.Tally(Notable.OrderOfReplacedServer);
        World.Note($"{Name} gets {order.Key} of server incarnation {order.Key.Incarnation}");
        Take(new OrderArrived(World.Settings.IsReal ? World.Run.Copied(order) : order));
    }

    private void Take(WorkerEvent @event)
    {
        var before = _state;
        (_state, var effects) = World.Rules.Worker(_state, @event, _sums);
        if (_state.Incarnation < before.Incarnation) throw new Violation($"{Name} went back to an older server");
        foreach (var effect in effects) CarryOut(effect);
    }

    private void CarryOut(WorkerEffect effect)
    {
        switch (effect)
        {
            case GivePart e:
                if (e.Part.Key.Incarnation < _state.Incarnation)
                    throw new Violation($"{Name} works for an older server");
                if (Shards.Find(s => s.Id == e.Shard) is { } shard) Give(shard, e.Part);
                break;
            case SendAnswer e when _connection is not null:
                World.Note($"{Name} answers {e.Answer.Key}");
                World.Network.SendToServer(
                    _connection, World.Settings.IsReal ? e.Answer : World.Run.Copied(e.Answer));
                break;
            case SendFailure e when _connection is not null:
                World.Network.SendToServer(_connection, e);
                break;
            default:
                break;
        }
    }
}
