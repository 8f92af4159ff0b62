namespace ActorTrain.Simulation.Tests.Cluster;

/// <summary>
/// A process of role server: it stands by, or holds the server with the real rules, its own shards and its connections.
/// </summary>
internal sealed class ServerProcess : Process
{
    private const long TickInterval = 40_000;

    private readonly List<SimulatedShard> _shards = [];
    private readonly List<Connection> _connections = [];
    private readonly ServerChecks _checks;
    private VectorPool _pool = new();
    private ServerState? _state;
    private long _lastCheckpoint;

    public ServerProcess(World world, string name) : base(world, name)
    {
        Checkpoints = new(world, this);
        _checks = new(world.Run, this);
    }

    /// <summary>True while it holds the server, even where the others have gone on without it.</summary>
    public bool IsServing => _state is not null;

    /// <summary>The server's state.</summary>
    public ServerState State => _state!;

    /// <summary>Its checkpoints and those of the stand-bys.</summary>
    public CheckpointKeeper Checkpoints { get; }

    /// <summary>True when one of its shards could die.</summary>
    public bool HasLocalShards => IsUp && !IsPaused && _shards.Count > 0;

    /// <summary>Begins as the server, where the newest checkpoint on its disk ends.</summary>
    public void Serve(long incarnation)
    {
        var training = Checkpoints.Newest();
        World.Note($"{Name} serves with incarnation {incarnation} from step {training.Version}");
        _pool = new();
        _checks.Begin();
        if (incarnation > 1) World.Tally(Notable.TakeOver);
        // Whoever takes over goes on with those who are there; not all that began may be left.
        var units = incarnation == 1 ? World.Settings.UnitsToBegin : 1;
        _state = ServerState.Initial(World.Run.Plan, training, incarnation, units, World.Settings.MostStepsAtRisk);
        Checkpoints.BeginServing(training.Version);
        for (var i = 0; i < World.Settings.LocalShards; i++) ShardStarts(new($"{Name} shard {i}", Incarnation: 0));
        After(TickInterval, Happening.Tick);
    }

    /// <summary>One of its shards dies, with what it worked on, and comes back.</summary>
    public void LoseShard()
    {
        var shard = Random.Pick(_shards);
        shard.Mail.Clear();
        _shards.Remove(shard);
        Take(new ShardLost(shard.Id, "killed by the schedule"));
        After(Random.Below(5000), Happening.ShardBack, shard);
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
        _shards.Clear();
        _connections.Clear();
        World.Membership.Leave(this);
    }

    protected override void Handle(in Event e)
    {
        switch (e.What)
        {
            case Happening.Dial or Happening.ServerNews:
                if (!IsServing) Checkpoints.StandBy();
                break;
            case Happening.CheckpointReceived:
                Checkpoints.Receive((ServerProcess)e.Subject!, e.Number);
                break;
            case Happening.CheckpointStored:
                Checkpoints.Store((ServerProcess)e.Subject!, e.Number);
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
            case Happening.ShardDone:
                ShardDone((SimulatedShard)e.Subject!);
                break;
            case Happening.ShardBack:
                var id = ((SimulatedShard)e.Subject!).Id;
                ShardStarts(id with { Incarnation = id.Incarnation + 1 });
                break;
            case Happening.Hello:
                Join((Connection)e.Subject!);
                break;
            case Happening.ConnectionLost:
                Lose((Connection)e.Subject!);
                break;
            case Happening.FrameToServer:
                TakeFrame((Connection)e.Subject!, e);
                break;
            case Happening.CheckpointWritten:
                Checkpoints.Written(e.Number, (byte[]?)e.Payload);
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
        EndWhenSaved();
    }

    /// <summary>A checkpoint is as safe as it will be.</summary>
    public void Settle(long steps) => Take(new CheckpointSettled(steps));

    private void ShardStarts(ShardId id)
    {
        _shards.Add(new(World.Run, id, World.Settings.IsReal));
        Take(new ShardJoined(id));
    }

    private void ShardDone(SimulatedShard shard)
    {
        if (shard.Mail.Count == 0) return;
        var order = Finish(shard);
        if (World.ThrowsLeft > 0 && Random.OneIn(30))
        {
            World.ThrowsLeft--;
            Take(new WorkFailed(shard.Id, order.Key, "thrown by the schedule"));
        }
        else
        {
            Take(new WorkAnswered(shard.Id, shard.Answer(order)));
        }
    }

    private void Join(Connection connection)
    {
        if (connection.IsLostAtServer) return;
        if (!_connections.Exists(c => c.Worker == connection.Worker && c.Number > connection.Number))
        {
            _connections.RemoveAll(c => c.Worker == connection.Worker);
            _connections.Add(connection);
        }
        Take(new ShardJoined(connection.Unit, World.Settings.WorkerShards, IsRemote: true));
    }

    private void Lose(Connection connection)
    {
        connection.IsLostAtServer = true;
        _connections.Remove(connection);
        Take(new ShardLost(connection.Unit, "its connection broke"));
    }

    private void TakeFrame(Connection connection, in Event frame)
    {
        if (!World.Network.Arrives(connection, frame)) return;
        if (frame.Payload is SendFailure failure)
            Take(new WorkFailed(connection.Unit, failure.Key, failure.Reason));
        else if (frame.Payload is WorkAnswer answer)
            Take(new WorkAnswered(connection.Unit, World.Settings.IsReal ? World.Run.Copied(answer) : answer));
    }

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
    }

    private void Tally(ServerState before, ServerEvent @event, in Transition transition)
    {
        var after = transition.State;
        if (@event is Ticked && transition.Effects.Count > 0) World.Tally(Notable.LateWork);
        if (@event is ShardJoined { IsRemote: true } && before.Training.Version > 0) World.Tally(Notable.JoinInMidRun);
        if (@event is WorkAnswered && ReferenceEquals(before.Round, after.Round)) World.Tally(Notable.AnswerThatChangesNothing);
        if (after is { Phase: RunPhase.Running, Round: null }) World.Tally(Notable.WaitForCheckpoint);
        if (after.Round is { Kind: WorkKind.Update }) World.Tally(Notable.DividedUpdate);
        if (after.Training.Version == before.Training.Version) return;
        if (World.Membership.Server != this) World.Tally(Notable.StepOfReplacedServer);
        foreach (var unit in after.Shards)
            if (unit.Orders.Any(k => k.Version < after.Training.Version)) World.Tally(Notable.StepWhileOlderOneIsRead);
    }

    private void CarryOut(ServerEffect effect)
    {
        switch (effect)
        {
            case SendWork e:
                if (_shards.Find(s => s.Id == e.Shard) is { } shard) Give(shard, e.Order);
                else if (_connections.Find(c => c.Unit == e.Shard) is { } connection)
                    World.Network.SendToWorker(connection, World.Settings.IsReal ? e.Order : World.Run.Copied(e.Order));
                break;
            case SaveCheckpoint e:
                if (!World.Run.IsSaved(e.Training))
                    throw new Violation($"{Name} saves what is not the run after {e.Training.Version} steps");
                _lastCheckpoint = e.Training.Version;
                Checkpoints.Save(e.Training);
                break;
            case EndRun e when e.Phase != RunPhase.Finished:
                throw new Violation($"the run ended as {e.Phase}: {e.Reason}");
            case EndRun e when !World.Run.IsLast(e.Evaluation!):
                throw new Violation("the last evaluation is not the run's");
            default:
                break;
        }
    }

    private void EndWhenSaved()
    {
        if (_state is { Phase: RunPhase.Finished } && World.Membership.Server == this &&
            Checkpoints.IsSettled(_lastCheckpoint))
            World.IsOver = true;
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
