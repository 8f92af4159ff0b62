namespace ActorTrain.Simulation.Tests.Cluster;

/// <summary>
/// The connections of those who have dialled a server, or an aggregator in its place: what they bring becomes events,
/// and orders go back to them.
/// </summary>
internal sealed class UnitConnections(World world, Process owner, Action<ServerEvent> take)
{
    private readonly List<Connection> _connections = [];
    private readonly HashSet<string> _dismissed = [];

    /// <summary>The owner has died: it knows of nobody any more.</summary>
    public void Forget()
    {
        _connections.Clear();
        _dismissed.Clear();
    }

    public void BreakAll()
    {
        foreach (var connection in _connections) world.Network.Break(connection);
    }

    public void Join(Connection connection)
    {
        if (connection.IsLostAtServer) return;
        if (_dismissed.Contains(connection.Worker.Name))
        {
            Dismiss(connection);
            return;
        }
        if (!_connections.Exists(c => c.Worker == connection.Worker && c.Number > connection.Number))
        {
            _connections.RemoveAll(c => c.Worker == connection.Worker);
            _connections.Add(connection);
        }
        take(new ShardJoined(connection.Unit, connection.Cores, IsRemote: true));
    }

    public void Lose(Connection connection)
    {
        connection.IsLostAtServer = true;
        _connections.Remove(connection);
        take(new ShardLost(connection.Unit, "its connection broke"));
    }

    public void TakeFrame(Connection connection, in Event frame)
    {
        if (!world.Network.Arrives(connection, frame)) return;
        if (frame.Payload is SendFailure failure)
            take(new WorkFailed(connection.Unit, failure.Key, failure.Reason));
        else if (frame.Payload is WorkAnswer answer)
            take(new WorkAnswered(connection.Unit, world.Settings.IsReal ? world.Run.Copied(answer) : answer));
    }

    /// <summary>Sends an order, if the unit's connection is still there.</summary>
    public void Send(SendWork work)
    {
        if (Of(work.Shard) is { } connection)
            world.Network.SendToWorker(
                connection, world.Settings.IsReal ? work.Order : world.Run.Copied(work.Order));
    }

    /// <summary>A unit's process is to take no part any more, whenever it comes again.</summary>
    public void Dismiss(ShardId unit)
    {
        world.Tally(Notable.NodeDismissed);
        _dismissed.Add(unit.Name);
        if (Of(unit) is { } connection) Dismiss(connection);
    }

    private Connection? Of(ShardId unit) => _connections.Find(c => c.Unit == unit);

    private void Dismiss(Connection connection)
    {
        world.Network.Break(connection);
        world.At(
            world.Network.Arrival(owner, connection.Worker), Happening.Dismissed, connection.Worker,
            connection.WorkerLife);
    }
}
