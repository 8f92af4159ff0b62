namespace ActorTrain.Simulation.Tests.Cluster;

/// <summary>What membership, failure detector and singleton do for us: there is one server, the oldest.</summary>
internal sealed class Membership(World world)
{
    private readonly List<ServerProcess> _byAge = [];
    private long _incarnation;

    /// <summary>Who holds the server, as far as the others know; it may be dead, paused or cut off.</summary>
    public ServerProcess? Server { get; private set; }

    /// <summary>A process of role server has started.</summary>
    public void Join(ServerProcess process)
    {
        _byAge.Add(process);
        if (Server is null) TakeOver(process);
    }

    /// <summary>A process of role server has died.</summary>
    public void Leave(ServerProcess process)
    {
        _byAge.Remove(process);
        if (process == Server) SuspectLater(process);
    }

    /// <summary>All processes have ended: whoever starts first, begins.</summary>
    public void Dissolve()
    {
        _byAge.Clear();
        Server = null;
    }

    /// <summary>The server does not answer: it is dead, paused or cut off.</summary>
    public void SuspectLater(ServerProcess server) => world.At(
        world.Now + world.Random.BetweenByMagnitude(5_000, 300_000), Happening.ServerSuspected, subject: server,
        number: server.Life);

    /// <summary>The failure detector has waited long enough: whoever is the oldest of the rest takes over.</summary>
    public void Suspect(ServerProcess server, int life)
    {
        if (server != Server) return;
        var isWell = server is { IsServing: true, IsPaused: false } && server.Life == life &&
            !world.Network.IsPartitioned;
        if (isWell) return;
        if (Heir(server) is not { } heir)
        {
            if (!server.IsServing) SuspectLater(server);
            return;
        }
        if (server.IsServing)
        {
            _byAge.Remove(server);
            world.At(
                world.Now + world.Random.BetweenByMagnitude(100, 300_000), Happening.Downed, server, server.Life);
        }
        TakeOver(heir);
    }

    private ServerProcess? Heir(ServerProcess server)
    {
        foreach (var process in _byAge)
            if ((process != server || !process.IsServing) && process is { IsUp: true, IsPaused: false } &&
                (!world.Network.IsPartitioned ||
                    world.Network.IsReachable(process, world.Servers.Find(s => s != server)!)))
                return process;
        return null;
    }

    private void TakeOver(ServerProcess process)
    {
        Server = process;
        process.Serve(++_incarnation);
        foreach (var other in world.Processes)
            if (other != process)
                world.At(
                    world.Now + world.Random.BetweenByMagnitude(50, 100_000), Happening.ServerNews, other,
                    subject: process);
    }
}
