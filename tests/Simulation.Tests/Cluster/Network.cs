namespace ActorTrain.Simulation.Tests.Cluster;

/// <summary>
/// A bulk connection between a worker and a server, or an aggregator on either side, from the worker's dialling to its
/// end.
/// </summary>
/// <param name="Unit">As whom the worker joins; each connection is another incarnation.</param>
/// <param name="Worker">Who dialled.</param>
/// <param name="Server">Whom.</param>
/// <param name="WorkerLife">Which life of it.</param>
/// <param name="ServerLife">Which life of it.</param>
internal sealed record Connection(
    ShardId Unit, Process Worker, Process Server, int WorkerLife, int ServerLife)
{
    /// <summary>How many shards the worker has said it has.</summary>
    public int Cores { get; } = Math.Max(1, Worker.Cores);

    /// <summary>Counts the worker's connections.</summary>
    public int Number => Unit.Incarnation;

    /// <summary>The server has heard that it is gone.</summary>
    public bool IsLostAtServer { get; set; }

    /// <summary>The worker has heard that it is gone.</summary>
    public bool IsLostAtWorker { get; set; }

    /// <summary>When it broke: a frame that would arrive later is lost.</summary>
    public long DeadAt { get; set; } = long.MaxValue;

    /// <summary>When the last frame arrives at the server.</summary>
    public long LastToServer { get; set; }

    /// <summary>When the last frame arrives at the worker.</summary>
    public long LastToWorker { get; set; }
}

/// <summary>Delays, loses, doubles and reorders as the settings say; partitions stall what crosses them.</summary>
internal sealed class Network(World world)
{
    private readonly List<Connection> _connections = [];
    private readonly HashSet<Process> _minority = [];
    private long _partitionEnd;

    private Seeded Random => world.Random;

    /// <summary>A delay as usual, sometimes ten times that.</summary>
    public long Delay()
    {
        var delay = Random.Between(world.Settings.Delay / 2, 2 * world.Settings.Delay);
        return Random.OneIn(30) ? 10 * delay : delay;
    }

    /// <summary>What is sent now between two processes arrives then.</summary>
    public long Arrival(Process a, Process b) => (IsReachable(a, b) ? world.Now : _partitionEnd) + Delay();

    public bool IsReachable(Process a, Process b) =>
        world.Now >= _partitionEnd || _minority.Contains(a) == _minority.Contains(b);

    public bool IsPartitioned => world.Now < _partitionEnd;

    public Connection Connect(Process worker, Process server, int number)
    {
        var connection = new Connection(new(worker.Name, number), worker, server, worker.Life, server.Life);
        _connections.Add(connection);
        connection.LastToServer = Arrival(worker, server);
        world.At(connection.LastToServer, Happening.Hello, server, server.Life, connection);
        return connection;
    }

    /// <summary>Worker to server: an answer or a failure.</summary>
    public void SendToServer(Connection connection, object payload) =>
        Send(connection, Happening.FrameToServer, connection.Server, connection.ServerLife, payload);

    /// <summary>Server to worker.</summary>
    public void SendToWorker(Connection connection, WorkOrder order) =>
        Send(connection, Happening.FrameToWorker, connection.Worker, connection.WorkerLife, order);

    /// <summary>
    /// True when a frame that has come in may be read: one that is read from memory where it lies is lost with its
    /// connection, a copy that was there before is not.
    /// </summary>
    public bool Arrives(Connection connection, in Event frame) =>
        world.Settings.IsReal ? world.Now < connection.DeadAt : frame.At <= connection.DeadAt;

    /// <summary>Ends a connection; both ends hear of it, each in its time.</summary>
    public void Break(Connection connection)
    {
        if (connection.DeadAt < long.MaxValue) return;
        world.Note(
            $"the connection of {connection.Unit}#{connection.Unit.Incarnation} to {connection.Server.Name} breaks");
        var late = world.Settings.IsReal
            ? 0
            : world.Settings.IsOrdered ? world.Settings.Delay : 100 * world.Settings.Delay;
        connection.DeadAt = world.Now + Random.Between(0, late);
        _connections.Remove(connection);
        var (worker, server) = (connection.Worker, connection.Server);
        world.At(world.Now + Detection(), Happening.ConnectionLost, worker, connection.WorkerLife, connection);
        world.At(world.Now + Detection(), Happening.ConnectionLost, server, connection.ServerLife, connection);
    }

    public void BreakAllOf(Process process)
    {
        for (var i = _connections.Count - 1; i >= 0; i--)
            if (_connections[i].Worker == process || _connections[i].Server == process) Break(_connections[i]);
    }

    public void BreakAll()
    {
        while (_connections.Count > 0) Break(_connections[^1]);
    }

    public void BreakOne()
    {
        if (_connections.Count > 0) Break(Random.Pick(_connections));
    }

    /// <summary>Cuts these off from the others for a time; the connections between break or stall.</summary>
    public void Partition(IEnumerable<Process> minority, long duration)
    {
        _minority.Clear();
        _minority.UnionWith(minority);
        _partitionEnd = world.Now + duration;
        for (var i = _connections.Count - 1; i >= 0; i--)
            if (!IsReachable(_connections[i].Worker, _connections[i].Server) && Random.OneIn(2)) Break(_connections[i]);
    }

    public void Heal() => _partitionEnd = world.Now;

    // A reset is noticed at once, silence when the failure detector says so.
    private long Detection() => Random.OneIn(2) ? Random.Between(10, 2000) : Random.BetweenByMagnitude(2000, 200_000);

    private void Send(Connection connection, Happening what, Process target, int life, object payload)
    {
        var at = Arrival(connection.Worker, connection.Server);
        if (world.Settings.IsOrdered || !world.HasFaults)
        {
            at = Math.Max(at, (target == connection.Server ? connection.LastToServer : connection.LastToWorker) + 1);
            if (target == connection.Server) connection.LastToServer = at;
            else connection.LastToWorker = at;
            world.At(at, what, target, life, connection, payload);
            return;
        }
        var fate = Random.Below(20);
        if (fate == 0) return;
        if (fate == 1) world.At(at + Delay(), what, target, life, connection, payload);
        if (fate == 2) world.At(at + Late(), what, target, life, connection, payload);
        world.At(fate == 3 ? at + Late() : at, what, target, life, connection, payload);
    }

    private long Late() => Random.BetweenByMagnitude(1000, 300_000);
}
