namespace ActorTrain.Simulation.Tests.Cluster;

/// <summary>A worker process: the real rules of a node, its shards, one connection to the server that it knows.</summary>
internal sealed class WorkerProcess(World world, string name) : Process(world, name)
{
    private readonly List<SimulatedShard> _shards = [];
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
        for (var i = 0; i < World.Settings.WorkerShards; i++) ShardStarts(new($"shard {i}", Incarnation: 0));
        After(Random.Below(1000), Happening.Dial);
    }

    protected override void Died()
    {
        _shards.Clear();
        _connection = null;
    }

    /// <summary>One of its shards dies, with what it worked on, and comes back.</summary>
    public void LoseShard()
    {
        var shard = Random.Pick(_shards);
        World.Note($"{Name}: {shard.Id} dies");
        if (shard.Mail.Count > 0) World.Tally(Notable.WorkOfDeadShard);
        shard.Mail.Clear();
        _shards.Remove(shard);
        After(Random.Below(3000), Happening.ShardBack, shard);
    }

    /// <summary>True when a shard could die.</summary>
    public bool HasShards => IsUp && !IsPaused && _shards.Count > 0;

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
            case Happening.FrameToWorker:
                Take((Connection)e.Subject!, e);
                break;
            case Happening.ShardDone:
                ShardDone((SimulatedShard)e.Subject!);
                break;
            case Happening.ShardBack:
                var id = ((SimulatedShard)e.Subject!).Id;
                ShardStarts(id with { Incarnation = id.Incarnation + 1 });
                break;
            default:
                throw new System.Diagnostics.UnreachableException($"{e.What} is not for a worker.");
        }
    }

    private void ShardStarts(ShardId id)
    {
        _shards.Add(new(World.Run, id, World.Settings.IsReal));
        Take(new NodeShardReady(id));
    }

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

    private void ShardDone(SimulatedShard shard)
    {
        if (shard.Mail.Count == 0) return;
        var order = Finish(shard);
        if (World.ThrowsLeft > 0 && Random.OneIn(30))
        {
            World.ThrowsLeft--;
            Take(new PartFailed(shard.Id, order.Key, "thrown by the schedule"));
        }
        else
        {
            Take(new PartAnswered(shard.Id, shard.Answer(order)));
        }
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
                if (_shards.Find(s => s.Id == e.Shard) is { } shard) Give(shard, e.Part);
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
