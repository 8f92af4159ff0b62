namespace ActorTrain.Simulation.Tests;

/// <summary>What a schedule is like, drawn from its seed before anything happens.</summary>
internal sealed record Settings
{
    private static readonly Strategy[] Others =
    [
        new StaleSynchronous(0), new StaleSynchronous(1), new StaleSynchronous(2), new Asynchronous(),
        new LocalSgd(1), new LocalSgd(2), new LocalSgd(3),
    ];

    /// <summary>Which of <see cref="Simulator.Recipes"/>.</summary>
    public required int Recipe { get; init; }

    /// <summary>How consistent the parameters are that units compute from.</summary>
    public required Strategy Strategy { get; init; }

    /// <summary>
    /// True: shards compute, and what lies in memory is read when it arrives, not when it was sent. False: answers are
    /// looked up, and every message has a copy.
    /// </summary>
    public required bool IsReal { get; init; }

    /// <summary>Processes of role server, the first of them with the server; the others stand by.</summary>
    public required int Servers { get; init; }

    /// <summary>Shards of a server's own.</summary>
    public required int LocalShards { get; init; }

    /// <summary>Worker processes.</summary>
    public required int Workers { get; init; }

    /// <summary>Shards of a worker.</summary>
    public required int WorkerShards { get; init; }

    /// <summary>Worker processes that take part through an aggregator; 0: there is none.</summary>
    public required int Members { get; init; }

    /// <summary>Shards of an aggregator's own.</summary>
    public required int AggregatorShards { get; init; }

    /// <summary>True: the aggregator comes when its members have given it up.</summary>
    public required bool IsAggregatorLate { get; init; }

    /// <summary>How many units the first server waits for.</summary>
    public required int UnitsToBegin { get; init; }

    /// <summary>See <see cref="Durability"/>.</summary>
    public required int MostStepsAtRisk { get; init; }

    /// <summary>
    /// True: a connection keeps order and loses nothing until it breaks, as TCP does. False: every frame may be lost,
    /// doubled and overtaken.
    /// </summary>
    public required bool IsOrdered { get; init; }

    /// <summary>Usual delay of a frame, in microseconds.</summary>
    public required long Delay { get; init; }

    /// <summary>Usual time to write a checkpoint, in microseconds.</summary>
    public required long DiskDelay { get; init; }

    /// <summary>How many faults there are.</summary>
    public required int Faults { get; init; }

    /// <summary>Usual time between two faults, in microseconds.</summary>
    public required long FaultInterval { get; init; }

    /// <summary>How many computations throw, at most; fewer than end a run.</summary>
    public required int Throws { get; init; }

    /// <summary>How often somebody asks for a stop; the run is then resumed.</summary>
    public required int Stops { get; init; }

    /// <summary>True: the first worker throws whatever it computes, so that it must be dismissed.</summary>
    public required bool HasBrokenWorker { get; init; }

    public static Settings Draw(Seeded random)
    {
        var isReal = random.OneIn(30);
        var localShards = random.Below(3);
        var workers = random.Below(5);
        if (localShards + workers == 0) workers = 1;
        var servers = 1 + random.Below(3);
        var isOrdered = isReal || random.OneIn(2);
        var members = workers > 0 && random.OneIn(2) ? 1 + random.Below(workers) : 0;
        var hasBrokenWorker = workers > 0 && localShards + workers > 1 && random.OneIn(15);
        return new()
        {
            Recipe = random.OneIn(40) ? Simulator.WideRecipe : random.Below(Simulator.WideRecipe),
            Strategy = random.OneIn(2) ? new Synchronous() : random.Pick(Others),
            IsReal = isReal,
            Servers = servers,
            LocalShards = localShards,
            Workers = workers,
            WorkerShards = 1 + random.Below(3),
            Members = members,
            AggregatorShards = random.Below(3),
            IsAggregatorLate = members > 0 && random.OneIn(10),
            UnitsToBegin = 1 + random.Below(localShards + workers - members + Math.Min(members, 1)),
            MostStepsAtRisk = servers == 1 && random.OneIn(2) ? 0 : 1 + random.Below(6),
            IsOrdered = isOrdered,
            Delay = random.BetweenByMagnitude(20, 3000),
            DiskDelay = random.BetweenByMagnitude(100, 20_000),
            Faults = random.OneIn(10) ? 0 : random.Below(10),
            FaultInterval = random.BetweenByMagnitude(1000, 100_000),
            Throws = hasBrokenWorker || random.OneIn(2) ? 0 : random.Below(isOrdered ? 7 : 4),
            Stops = random.OneIn(4) ? 1 + random.Below(2) : 0,
            HasBrokenWorker = hasBrokenWorker,
        };
    }
}
