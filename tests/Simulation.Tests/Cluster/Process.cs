namespace ActorTrain.Simulation.Tests.Cluster;

/// <summary>One process of the cluster: it can crash, come back and be paused.</summary>
internal abstract class Process(World world, string name)
{
    private readonly List<Event> _deferred = [];

    public string Name { get; } = name;

    /// <summary>Counts its lives: what was on its way to an earlier one is lost.</summary>
    public int Life { get; private set; }

    public bool IsUp { get; private set; }

    public bool IsPaused { get; private set; }

    /// <summary>True for a worker that was told to take no part any more: nobody starts it again.</summary>
    public bool IsDismissed { get; protected set; }

    /// <summary>True: whatever its shards compute, they throw.</summary>
    public bool IsBroken { get; init; }

    /// <summary>Until when, while it is paused.</summary>
    public long PausedUntil { get; private set; }

    /// <summary>How many times as long as usual its shards need.</summary>
    public int Slowness { get; set; } = 1;

    /// <summary>What a row costs its shards, in microseconds.</summary>
    public long RowCost { get; } = world.Random.BetweenByMagnitude(5, 400);

    /// <summary>How many shards compute behind it, for whom it dials.</summary>
    public virtual int Cores => Shards.Count;

    /// <summary>True when one of its shards could die.</summary>
    public bool HasShards => IsUp && !IsPaused && Shards.Count > 0;

    protected World World { get; } = world;

    protected List<SimulatedShard> Shards { get; } = [];

    protected Seeded Random => World.Random;

    public void Start()
    {
        World.Note($"{Name} starts");
        IsUp = true;
        Slowness = 1;
        Started();
    }

    public void Crash()
    {
        World.Note($"{Name} dies");
        IsUp = IsPaused = false;
        Life++;
        _deferred.Clear();
        Shards.Clear();
        World.Network.BreakAllOf(this);
        Died();
    }

    public void Pause(long duration)
    {
        IsPaused = true;
        PausedUntil = Math.Max(PausedUntil, World.Now + duration);
        World.At(PausedUntil, Happening.Resume, subject: this);
    }

    public void Resume()
    {
        if (!IsPaused || World.Now < PausedUntil) return;
        IsPaused = false;
        World.Note($"{Name} goes on with {_deferred.Count} things that happened meanwhile");
        var life = Life;
        for (var i = 0; i < _deferred.Count && life == Life; i++) Take(_deferred[i]);
        if (life == Life) _deferred.Clear();
    }

    /// <summary>Ends a pause now.</summary>
    public void Wake()
    {
        PausedUntil = World.Now;
        Resume();
    }

    /// <summary>Something comes in; a paused process finds it when it goes on.</summary>
    public void Receive(in Event e)
    {
        if (!IsUp || (e.Life >= 0 && e.Life != Life)) return;
        if (IsPaused) _deferred.Add(e);
        else Take(e);
    }

    /// <summary>One of its shards dies, with what it worked on, and comes back.</summary>
    public void LoseShard()
    {
        var shard = Random.Pick(Shards);
        World.Note($"{Name}: {shard.Id} dies");
        if (shard.Mail.Count > 0) World.Tally(Notable.WorkOfDeadShard);
        shard.Mail.Clear();
        Shards.Remove(shard);
        ShardDied(shard.Id);
        After(Random.Below(5000), Happening.ShardBack, shard);
    }

    /// <summary>A shard begins.</summary>
    protected void StartShard(ShardId id)
    {
        Shards.Add(new(World.Run, id, World.Settings.IsReal));
        ShardReady(id);
    }

    /// <summary>Gives an order to one of its shards; they do one after the other.</summary>
    protected void Give(SimulatedShard shard, WorkOrder order)
    {
        if (!shard.Accept(order)) return;
        shard.Mail.Enqueue(order);
        if (shard.Mail.Count == 1) Begin(shard);
    }

    protected void After(long delay, Happening what, object? subject = null, long number = 0) =>
        World.At(World.Now + delay, what, this, Life, subject, payload: null, number);

    protected abstract void Started();

    protected abstract void Died();

    /// <summary>Whatever is not about its shards.</summary>
    protected abstract void Handle(in Event e);

    protected abstract void ShardReady(ShardId shard);

    protected abstract void ShardDied(ShardId shard);

    protected abstract void ShardAnswered(ShardId shard, WorkAnswer answer);

    protected abstract void ShardThrew(ShardId shard, WorkKey key, string reason);

    private void Take(in Event e)
    {
        switch (e.What)
        {
            case Happening.ShardDone:
                Finish((SimulatedShard)e.Subject!);
                break;
            case Happening.ShardBack:
                var id = ((SimulatedShard)e.Subject!).Id;
                StartShard(id with { Incarnation = id.Incarnation + 1 });
                break;
            default:
                Handle(e);
                break;
        }
    }

    // It goes on with the next order.
    private void Finish(SimulatedShard shard)
    {
        if (shard.Mail.Count == 0) return;
        var order = shard.Mail.Dequeue();
        if (shard.Mail.Count > 0) Begin(shard);
        if (IsBroken)
        {
            ShardThrew(shard.Id, order.Key, "it always throws");
        }
        else if (World.ThrowsLeft > 0 && Random.OneIn(30))
        {
            World.ThrowsLeft--;
            ShardThrew(shard.Id, order.Key, "thrown by the schedule");
        }
        else
        {
            ShardAnswered(shard.Id, shard.Answer(order));
        }
    }

    private void Begin(SimulatedShard shard)
    {
        var cost = World.Run.RowsOf(shard.Mail.Peek()) * RowCost * Slowness;
        cost = Random.Between(cost * 3 / 4, cost * 3 / 2);
        if (World.HasFaults && Random.OneIn(40)) cost += Random.BetweenByMagnitude(10_000, 4_000_000);
        After(cost, Happening.ShardDone, shard);
    }
}
