namespace ActorTrain.Simulation.Tests.Cluster;

/// <summary>Lets things go wrong, one after the other, and at last lets everything come back.</summary>
internal sealed class FaultInjector(World world)
{
    private int _left;

    private Seeded Random => world.Random;

    public void Begin()
    {
        _left = world.Settings.Faults;
        ScheduleNext();
    }

    public void Next()
    {
        _left--;
        switch (Random.Below(13))
        {
            case 0 or 1:
                CrashForAWhile(Random.Pick(world.Processes));
                break;
            case 2 when world.Membership.Server is { } server:
                CrashForAWhile(server);
                break;
            case 3 or 4:
                Pause(Random.Pick(world.Processes));
                break;
            case 5 when world.Membership.Server is { } server:
                Pause(server);
                break;
            case 6:
                Random.Pick(world.Processes).Slowness = Random.OneIn(2) ? 1 : 2 + Random.Below(60);
                break;
            case 7:
                Partition();
                break;
            case 8 when world.Nodes.Any(n => n.HasShards):
                Random.Pick(world.Nodes.Where(n => n.HasShards).ToList()).LoseShard();
                break;
            case 9 when world.Servers.Exists(s => s.HasShards):
                Random.Pick(world.Servers.FindAll(s => s.HasShards)).LoseShard();
                break;
            case 10 when world.Membership.Server is { IsUp: true } server:
                server.Checkpoints.DiskIsFull = !server.Checkpoints.DiskIsFull;
                break;
            case 11 when world.Nodes.Any(n => n.IsUp):
                Random.Pick(world.Nodes.Where(n => n.IsUp).ToList()).Crash();
                break;
            default:
                world.Network.BreakOne();
                break;
        }
        ScheduleNext();
    }

    private void ScheduleNext() => world.At(
        world.Now + Random.BetweenByMagnitude(world.Settings.FaultInterval / 20, 3 * world.Settings.FaultInterval),
        _left > 0 ? Happening.Fault : Happening.FaultsEnd);

    private void CrashForAWhile(Process process)
    {
        if (!process.IsUp) return;
        process.Crash();
        world.At(world.Now + Random.BetweenByMagnitude(1000, 1_000_000), Happening.Restart, subject: process);
    }

    private void Pause(Process process)
    {
        if (!process.IsUp) return;
        var duration = Random.BetweenByMagnitude(500, 1_000_000);
        world.Note($"{process.Name} is paused for {duration / 1000} ms");
        process.Pause(duration);
        if (process == world.Membership.Server) world.Membership.SuspectLater(world.Membership.Server);
        else if (duration > 50_000 && Random.OneIn(2)) world.Network.BreakAllOf(process);
    }

    // The server or a worker or two are cut off from the rest.
    private void Partition()
    {
        var isServers = Random.OneIn(2) && world.Membership.Server is not null;
        List<Process> minority = [isServers ? world.Membership.Server! : Random.Pick(world.Processes)];
        foreach (var worker in world.Workers)
            if (Random.OneIn(4)) minority.Add(worker);
        var duration = Random.BetweenByMagnitude(1000, 500_000);
        world.Note($"{string.Join(", ", minority.Select(p => p.Name))} cut off for {duration / 1000} ms");
        world.Network.Partition(minority, duration);
        foreach (var standby in world.Servers) world.Membership.Server?.Checkpoints.CutOff(standby);
        if (world.Membership.Server is { } holder && minority.Contains(holder)) world.Membership.SuspectLater(holder);
    }
}
