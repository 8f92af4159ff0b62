using ActorTrain.Checkpoints;

namespace ActorTrain.Simulation.Tests.Cluster;

/// <summary>
/// What a process of role server does about checkpoints: writes them to its own disk, sends them to those who stand by,
/// and says which are safe; as a stand-by, writes what it is sent and says so. Disks outlive their processes.
/// </summary>
internal sealed class CheckpointKeeper(World world, ServerProcess owner)
{
    private readonly List<Standby> _standbys = [];
    private TrainingState? _state;
    private TrainingState? _newest;
    private long _requested;
    private long _written;
    private long _settled;
    private long _lastWrite;
    private (long Steps, List<ServerProcess> Heirs)? _lastLife;

    /// <summary>Steps done in the newest checkpoint on the disk.</summary>
    public long OnDisk { get; private set; }

    /// <summary>Steps done in the newest checkpoint that could not be written; the server was told so.</summary>
    public long GivenUp { get; private set; }

    /// <summary>True: no checkpoint can be written.</summary>
    public bool DiskIsFull { get; set; }

    /// <summary>Where the newest checkpoint on the disk ends, whole.</summary>
    /// <exception cref="Violation">More steps would be computed again than the run may lose.</exception>
    public TrainingState Newest()
    {
        foreach (var other in world.Servers) other.Checkpoints.CheckLoss(owner);
        return _state ?? world.Run.Initial;
    }

    public void BeginServing(TrainingState training)
    {
        var steps = world.Run.Plan.StepsDone(training.Position);
        _newest = training;
        _standbys.Clear();
        (_requested, _written, _settled, _lastWrite, DiskIsFull) = (steps, steps, steps, 0, false);
        GivenUp = 0;
    }

    /// <summary>The process is dead: what it may have lost is known by now.</summary>
    public void Died()
    {
        if (owner.IsServing)
            _lastLife = (owner.State.StepsDone, [owner, .. _standbys.Where(s => s.Counts).Select(s => s.Process)]);
        _standbys.Clear();
    }

    public bool IsSettled(long steps) => _settled >= steps;

    public void Save(TrainingState training)
    {
        _requested = world.Run.Plan.StepsDone(training.Position);
        _newest = world.Settings.IsReal ? Decoded(training) : world.Run.Saved(training);
        _lastWrite = Math.Max(_lastWrite, world.Now) + DiskDelay();
        world.At(_lastWrite, Happening.CheckpointWritten, owner, owner.Life, payload: _newest, number: _requested);
        foreach (var standby in _standbys) Send(standby);
    }

    public void Written(long steps, TrainingState state)
    {
        if (DiskIsFull && world.HasFaults) GivenUp = steps;
        else Put(steps, state);
        _written = Math.Max(_written, steps);
        Settle();
    }

    /// <summary>
    /// A stand-by gets the newest checkpoint that was asked for: one on its way to the disk would not come again, and
    /// the run could wait for it for ever.
    /// </summary>
    public void Attach(ServerProcess process, int life)
    {
        Detach(process, life);
        var standby = new Standby(process, life);
        _standbys.Add(standby);
        Send(standby);
    }

    public void Detach(ServerProcess process, int life)
    {
        _standbys.RemoveAll(s => s.Process == process && s.Life <= life);
        Settle();
    }

    public void Acknowledge(ServerProcess process, long steps)
    {
        if (_standbys.Find(s => s.Process == process) is not { } standby) return;
        standby.Acknowledged = Math.Max(standby.Acknowledged, steps);
        // Until it has what was safe without it, the run may be too far ahead of it.
        standby.Counts |= steps >= _settled;
        Settle();
    }

    /// <summary>A partition begins: who is on the other side is lost to the server after a while.</summary>
    public void CutOff(ServerProcess process)
    {
        if (_standbys.Find(s => s.Process == process) is { } standby && !world.Network.IsReachable(owner, process))
            Lose(standby);
    }

    /// <summary>Every checkpoint that keeps the loss small is where it should be.</summary>
    public void Check()
    {
        var atRisk = world.Settings.MostStepsAtRisk;
        if (atRisk == 0) return;
        var done = owner.State.StepsDone;
        if (done - Math.Max(OnDisk, GivenUp) > atRisk)
            throw new Violation($"{owner.Name} is {done} steps far, has {OnDisk} on its disk; {atRisk} may be at risk");
        foreach (var standby in _standbys)
        {
            var safe = standby.Process.Checkpoints.OnDisk;
            if (standby.Counts && done - safe > atRisk)
                throw new Violation(
                    $"{owner.Name} is {done} steps far, {standby.Process.Name} has {safe}; {atRisk} may be at risk");
        }
    }

    /// <summary>As a stand-by: finds the server and says that it is there.</summary>
    public void StandBy()
    {
        if (world.Membership.Server is not { } server || server == owner) return;
        if (world.Network.IsReachable(owner, server))
            world.At(
                world.Network.Arrival(owner, server), Happening.StandbyHello, server, server.Life, owner,
                number: owner.Life);
        else
            world.At(world.Now + 20_000, Happening.Dial, owner, owner.Life);
    }

    /// <summary>As a stand-by: writes what the server sent.</summary>
    public void Receive(ServerProcess server, long steps, TrainingState state) =>
        world.At(world.Now + DiskDelay(), Happening.CheckpointStored, owner, owner.Life, server, state, steps);

    /// <summary>As a stand-by: it is on the disk, and the server hears so.</summary>
    public void Store(ServerProcess server, long steps, TrainingState state)
    {
        Put(steps, state);
        world.At(
            world.Network.Arrival(owner, server), Happening.StandbyAcknowledged, server, server.Life, owner,
            number: steps);
    }

    private void CheckLoss(ServerProcess heir)
    {
        if (_lastLife is not var (steps, heirs) || !heirs.Contains(heir) || world.Settings.MostStepsAtRisk == 0) return;
        if (steps > heir.Checkpoints.OnDisk) world.Tally(Notable.StepsComputedAgain);
        var known = Math.Max(heir.Checkpoints.OnDisk, heir == owner ? GivenUp : 0);
        if (steps - known > world.Settings.MostStepsAtRisk)
            throw new Violation($"{heir.Name} goes on from step {known}; {owner.Name} was {steps} steps far");
        _lastLife = null;
    }

    private TrainingState Decoded(TrainingState training)
    {
        var plan = world.Run.Plan;
        var bytes = new TrainingCheckpoint(plan.Recipe, plan.Data, training).Encode();
        var state = TrainingCheckpoint.Decode(CheckpointFormat.Decode(bytes, "checkpoint")).State;
        return RunOracle.Same(state, world.Run.Saved(training))
            ? state
            : throw new Violation("a checkpoint on a disk is not the run");
    }

    private void Put(long steps, TrainingState state)
    {
        if (steps < OnDisk) return;
        (OnDisk, _state) = (steps, state);
    }

    private void Send(Standby standby)
    {
        standby.LastSent = Math.Max(standby.LastSent + 1, world.Network.Arrival(owner, standby.Process));
        world.At(
            standby.LastSent, Happening.CheckpointReceived, standby.Process, standby.Life, owner, _newest, _requested);
        if (!standby.Process.IsUp || standby.Process.Life != standby.Life || standby.Process.IsPaused) Lose(standby);
    }

    private void Lose(Standby standby) => world.At(
        world.Now + world.Random.BetweenByMagnitude(1000, 200_000),
        Happening.StandbyLost, owner, owner.Life, standby.Process, number: standby.Life);

    private void Settle()
    {
        if (!owner.IsServing) return;
        var settled = _written;
        foreach (var standby in _standbys) settled = Math.Min(settled, standby.Acknowledged);
        if (settled <= _settled) return;
        _settled = settled;
        owner.Settle(settled);
    }

    private long DiskDelay()
    {
        var delay = world.Random.Between(world.Settings.DiskDelay / 2, 2 * world.Settings.DiskDelay);
        return world.Random.OneIn(20) ? 20 * delay : delay;
    }

    private sealed record Standby(ServerProcess Process, int Life)
    {
        public long Acknowledged { get; set; } = -1;

        public bool Counts { get; set; }

        public long LastSent { get; set; }
    }
}
