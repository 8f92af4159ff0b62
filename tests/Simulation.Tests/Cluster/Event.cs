namespace ActorTrain.Simulation.Tests.Cluster;

/// <summary>What can happen in the simulated world.</summary>
internal enum Happening
{
    /// <summary>To a server or an aggregator: see to those who are late.</summary>
    Tick,

    /// <summary>To any process: a shard has computed what it had.</summary>
    ShardDone,

    /// <summary>To any process: a shard that died is there again.</summary>
    ShardBack,

    /// <summary>To a server or an aggregator: a worker wants to join over a connection.</summary>
    Hello,

    /// <summary>To a server or an aggregator: an answer or a failure came over a connection.</summary>
    FrameToServer,

    /// <summary>To a worker: an order came over a connection.</summary>
    FrameToWorker,

    /// <summary>To either end: the connection is gone.</summary>
    ConnectionLost,

    /// <summary>To a worker or a stand-by: look for the server.</summary>
    Dial,

    /// <summary>To a worker or a stand-by: another server has taken over.</summary>
    ServerNews,

    /// <summary>To a worker: its aggregator is there.</summary>
    AggregatorNews,

    /// <summary>To a worker: the server wants it to take no part any more.</summary>
    Dismissed,

    /// <summary>To a server: somebody wants the run to stop.</summary>
    StopAsked,

    /// <summary>To a server: a checkpoint is on its own disk, or could not be written.</summary>
    CheckpointWritten,

    /// <summary>To a server: a stand-by is there.</summary>
    StandbyHello,

    /// <summary>To a server: a stand-by is gone.</summary>
    StandbyLost,

    /// <summary>To a stand-by: a checkpoint has come.</summary>
    CheckpointReceived,

    /// <summary>To a stand-by: a checkpoint that came is on its disk.</summary>
    CheckpointStored,

    /// <summary>To a server: a stand-by has a checkpoint on its disk.</summary>
    StandbyAcknowledged,

    /// <summary>To a server: the others have gone on without it, so it stops itself.</summary>
    Downed,

    /// <summary>To the world: the failure detector has had enough of the server, if it still is as it was.</summary>
    ServerSuspected,

    /// <summary>To the world: the next fault.</summary>
    Fault,

    /// <summary>To the world: somebody wants the run to stop, if there is a server.</summary>
    StopPressed,

    /// <summary>To the world: the run has stopped, so all processes end, and are started again.</summary>
    RunStopped,

    /// <summary>To the world: from here on nothing more goes wrong.</summary>
    FaultsEnd,

    /// <summary>To the world: a process goes on after a pause.</summary>
    Resume,

    /// <summary>To the world: a process is started again.</summary>
    Restart,
}

/// <summary>Something that happens at a moment.</summary>
/// <param name="At">When, in microseconds of virtual time.</param>
/// <param name="What">What.</param>
/// <param name="Target">To which process; none: to the world.</param>
/// <param name="Life">To which of its lives; negative: to any.</param>
/// <param name="Subject">Which connection, shard or process it is about.</param>
/// <param name="Payload">What comes with it.</param>
/// <param name="Number">A number that comes with it.</param>
internal readonly record struct Event(
    long At, Happening What, Process? Target, int Life, object? Subject, object? Payload, long Number);

/// <summary>Events in the order of their times, and of their sending among equals.</summary>
internal sealed class EventQueue
{
    private readonly PriorityQueue<Event, (long, long)> _queue = new();
    private long _sent;

    public bool IsEmpty => _queue.Count == 0;

    public void Add(in Event e) => _queue.Enqueue(e, (e.At, _sent++));

    public Event Take() => _queue.Dequeue();
}
