namespace ActorTrain.Simulation.Tests.Cluster;

/// <summary>
/// A process of role server: it stands by, or holds the server with the real rules, its own shards and its connections.
/// </summary>
internal sealed class ServerProcess : Process
{
    private const long TickInterval = 40_000;

    private readonly UnitConnections _units;
    private readonly ServerChecks _checks;
    private VectorPool _pool = new();
    private ServerState? _state;
    private long _lastCheckpoint;

    public ServerProcess(World world, string name) : base(world, name)
    {
        Checkpoints = new(world, this);
        _checks = new(world.Run, this);
        _units = new(world, this, Take);
    }

    /// <summary>True while it holds the server, even where the others have gone on without it.</summary>
    public bool IsServing => _state is not null;

    /// <summary>The server's state.</summary>
    public ServerState State => _state!;

    /// <summary>Its checkpoints and those of the stand-bys.</summary>
    public CheckpointKeeper Checkpoints { get; }

    /// <summary>Begins as the server, where the newest checkpoint on its disk ends.</summary>
    public void Serve(long incarnation)
    {
        var training = Checkpoints.Newest();
        _pool = new();
        if (incarnation > 1) World.Tally(Notable.TakeOver);
        // Whoever takes over goes on with those who are there; not all that began may be left.
        var units = incarnation == 1 ? World.Settings.UnitsToBegin : 1;
        _state = ServerState.Initial(World.Run.Plan, training, incarnation, units, World.Settings.MostStepsAtRisk);
        World.Note($"{Name} serves with incarnation {incarnation} from step {_state.StepsDone}");
        _checks.Begin(_state);
        if (_state.Training.Schedule is { Count: > 0 }) World.Tally(Notable.RestartInSchedule);
        Checkpoints.BeginServing(training);
        for (var i = 0; i < World.Settings.LocalShards; i++) StartShard(new($"{Name} shard {i}", Incarnation: 0));
        After(TickInterval, Happening.Tick);
    }

    protected override void Started()
    {
        World.Membership.Join(this);
        if (!IsServing) After(Random.Below(1000), Happening.Dial);
    }

    protected override void Died()
    {
        Checkpoints.Died();
        _state = null;
        _units.Forget();
        World.Membership.Leave(this);
    }

    protected override void Handle(in Event e)
    {
        switch (e.What)
        {
            case Happening.Dial or Happening.ServerNews:
                if (!IsServing) Checkpoints.StandBy();
                break;
            // Who takes over first closes the old server's link.
            case Happening.CheckpointReceived or Happening.CheckpointStored when IsServing:
                break;
            case Happening.CheckpointReceived:
                Checkpoints.Receive((ServerProcess)e.Subject!, e.Number, (TrainingState)e.Payload!);
                break;
            case Happening.CheckpointStored:
                Checkpoints.Store((ServerProcess)e.Subject!, e.Number, (TrainingState)e.Payload!);
                break;
            case Happening.Downed:
                if (World.Membership.Server == this) break;
                World.Note($"{Name} hears that the others have gone on without it");
                Crash();
                World.At(World.Now + Random.BetweenByMagnitude(1000, 200_000), Happening.Restart, subject: this);
                break;
            default:
                if (IsServing) HandleServing(e);
                break;
        }
    }

    private void HandleServing(in Event e)
    {
        switch (e.What)
        {
            case Happening.Tick:
                Take(Ticked.Instance);
                After(TickInterval, Happening.Tick);
                break;
            case Happening.Hello:
                _units.Join((Connection)e.Subject!);
                break;
            case Happening.ConnectionLost:
                _units.Lose((Connection)e.Subject!);
                break;
            case Happening.FrameToServer:
                _units.TakeFrame((Connection)e.Subject!, e);
                break;
            case Happening.StopAsked:
                Take(new StopRequested());
                break;
            case Happening.CheckpointWritten:
                Checkpoints.Written(e.Number, (TrainingState)e.Payload!);
                break;
            case Happening.StandbyHello:
                Checkpoints.Attach((ServerProcess)e.Subject!, (int)e.Number);
                break;
            case Happening.StandbyLost:
                Checkpoints.Detach((ServerProcess)e.Subject!, (int)e.Number);
                break;
            case Happening.StandbyAcknowledged:
                Checkpoints.Acknowledge((ServerProcess)e.Subject!, e.Number);
                break;
            default:
                throw new System.Diagnostics.UnreachableException($"{e.What} is not for a server.");
        }
    }

    /// <summary>A checkpoint is as safe as it will be.</summary>
    public void Settle(long steps) => Take(new CheckpointSettled(steps));

    protected override void ShardReady(ShardId shard) => Take(new ShardJoined(shard));

    protected override void ShardDied(ShardId shard) => Take(new ShardLost(shard, "killed by the schedule"));

    protected override void ShardAnswered(ShardId shard, WorkAnswer answer) => Take(new WorkAnswered(shard, answer));

    protected override void ShardThrew(ShardId shard, WorkKey key, string reason) =>
        Take(new WorkFailed(shard, key, reason));

    private void Take(ServerEvent @event)
    {
        var before = State;
        var transition = World.Rules.Server(before, @event, TimeSpan.FromMicroseconds(World.Now), _pool);
        _state = transition.State;
        foreach (var update in transition.Effects.OfType<ApplyUpdate>()) update.Update.Apply();
        if (World.IsTraced) Tell(@event, transition);
        _checks.After(before, @event, State);
        Tally(before, @event, transition);
        foreach (var effect in transition.Effects) CarryOut(effect);
        EndWhenSaved();
    }

    private void Tally(ServerState before, ServerEvent @event, in Transition transition)
    {
        var after = transition.State;
        if (@event is Ticked && transition.Effects.Count > 0) World.Tally(Notable.LateWork);
        if (@event is ShardJoined { IsRemote: true } && before.Training.Version > 0) World.Tally(Notable.JoinInMidRun);
        if (@event is WorkAnswered && ReferenceEquals(before.Round, after.Round)
            && ReferenceEquals(before.Flow, after.Flow))
            World.Tally(Notable.AnswerThatChangesNothing);
        if (after is { Phase: RunPhase.Running, Round: null, Flow: null }) World.Tally(Notable.WaitForCheckpoint);
        if (after.Round is { Kind: WorkKind.Update }) World.Tally(Notable.DividedUpdate);
        if (after.Phase == RunPhase.Stopped) TallyStop(before);
        if (after is { Flow: { } flow, Plan.Recipe.Strategy: StaleSynchronous } && flow.Next < flow.End &&
            after.Shards.Any(s => s.IsIdle))
            World.Tally(Notable.IdleForTheBound);
        if (after.Training.Version == before.Training.Version) return;
        if (before.Round is { Kind: WorkKind.LocalSteps, Nodes.Length: > 1 }) World.Tally(Notable.AverageOfSeveral);
        if (before.Flow is not null && @event is WorkAnswered { Answer.Key.Version: var version } &&
            version < before.Training.Version)
            World.Tally(Notable.StaleGradient);
        if (World.Membership.Server != this) World.Tally(Notable.StepOfReplacedServer);
        foreach (var unit in after.Shards)
            if (unit.Orders.Any(k => k.Version < after.Training.Version)) World.Tally(Notable.StepWhileOlderOneIsRead);
    }

    private void TallyStop(ServerState before)
    {
        if (before.Phase == RunPhase.Stopped) return;
        World.Tally(Notable.Stop);
        if (before.Flow is not null) World.Tally(Notable.StopAfterWhatWasHandedOut);
        if (before.Round is not null && State.Shards.IsEmpty) World.Tally(Notable.StopWithNobodyLeft);
    }

    private void CarryOut(ServerEffect effect)
    {
        switch (effect)
        {
            case SendWork e:
                if (Shards.Find(s => s.Id == e.Shard) is { } shard) Give(shard, e.Order);
                else _units.Send(e);
                break;
            case SaveCheckpoint e:
                _lastCheckpoint = State.StepsDone;
                Checkpoints.Save(e.Training);
                break;
            case DismissNode e:
                _units.Dismiss(e.Shard);
                break;
            case EndRun { Phase: RunPhase.Failed } e:
                throw new Violation($"the run failed: {e.Reason}");
            case EndRun e:
                World.Run.CheckEnd(e);
                break;
            default:
                break;
        }
    }

    private void EndWhenSaved()
    {
        if (State.IsAlive || World.Membership.Server != this || !Checkpoints.IsSettled(_lastCheckpoint)) return;
        if (State.Phase == RunPhase.Finished) World.IsOver = true;
        else World.At(World.Now, Happening.RunStopped, subject: this, number: Life);
    }

    private void Tell(ServerEvent @event, in Transition transition)
    {
        var text = @event switch
        {
            WorkAnswered e =>
                $"answer of {e.Shard}#{e.Shard.Incarnation} to {e.Answer.Key}, incarnation {e.Answer.Key.Incarnation}",
            WorkFailed e => $"{e.Shard}#{e.Shard.Incarnation} failed {e.Key}",
            ShardJoined e => $"{e.Shard}#{e.Shard.Incarnation} joined",
            ShardLost e => $"{e.Shard}#{e.Shard.Incarnation} lost",
            Ticked when transition.Effects.Count == 0 => "",
            _ => @event.ToString(),
        };
        if (text.Length > 0) World.Note($"{Name}/{State.Incarnation}: {text}");
        foreach (var effect in transition.Effects)
        {
            if (effect is SendWork e) World.Note($"    -> {e.Shard}#{e.Shard.Incarnation}: {e.Order.Key}");
            else World.Note($"    -> {effect.GetType().Name}, {State.StepsDone} steps done");
        }
    }
}
