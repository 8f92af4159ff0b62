namespace ActorTrain.Server;

/// <summary>What can happen to the parameter server.</summary>
public abstract record ServerEvent;

/// <summary>A unit is there and idle.</summary>
/// <param name="Shard">Which.</param>
/// <param name="Cores">How many shards compute behind it.</param>
/// <param name="IsRemote">True for a worker node, false for a shard of the server's own process.</param>
public sealed record ShardJoined(ShardId Shard, int Cores = 1, bool IsRemote = false) : ServerEvent;

/// <summary>A unit is gone, with whatever it worked on.</summary>
/// <param name="Shard">Which.</param>
/// <param name="Reason">In words.</param>
public sealed record ShardLost(ShardId Shard, string Reason) : ServerEvent;

/// <summary>A shard threw while it worked on an order; it is idle again.</summary>
/// <param name="Shard">Which.</param>
/// <param name="Key">Of the order.</param>
/// <param name="Reason">What it threw.</param>
public sealed record WorkFailed(ShardId Shard, WorkKey Key, string Reason) : ServerEvent;

/// <summary>A shard has answered an order; it is idle again.</summary>
/// <param name="Shard">Which.</param>
/// <param name="Answer">The answer.</param>
public sealed record WorkAnswered(ShardId Shard, WorkAnswer Answer) : ServerEvent;

/// <summary>Time has passed: see to those who are late.</summary>
public sealed record Ticked : ServerEvent
{
    /// <summary>The only one needed.</summary>
    public static Ticked Instance { get; } = new();
}

/// <summary>A checkpoint is safe, or could not be made so.</summary>
/// <param name="StepsDone">Steps done in it.</param>
public sealed record CheckpointSettled(long StepsDone) : ServerEvent;

/// <summary>Somebody wants the run to end after its current step.</summary>
public sealed record StopRequested : ServerEvent;

/// <summary>What the server wants done.</summary>
public abstract record ServerEffect;

/// <summary>Give this order to this shard.</summary>
/// <param name="Shard">Which.</param>
/// <param name="Order">The order.</param>
/// <param name="IsAhead">
/// True: its parameters are written by the <see cref="ApplyUpdate"/> that follows. It is for another node, to which
/// they can travel as far as they are written.
/// </param>
public sealed record SendWork(ShardId Shard, WorkOrder Order, bool IsAhead = false) : ServerEffect;

/// <summary>Do this update; effects that follow read what it writes.</summary>
/// <param name="Update">All of it.</param>
public sealed record ApplyUpdate(ParameterUpdate Update) : ServerEffect;

/// <summary>Tell whoever watches that a step is done.</summary>
/// <param name="Training">The state after the step; its vectors are valid only while the effect is carried out.</param>
public sealed record ReportStep(TrainingState Training) : ServerEffect;

/// <summary>Tell whoever watches that an epoch is done and evaluated.</summary>
/// <param name="Summary">Its figures.</param>
public sealed record ReportEpoch(EpochSummary Summary) : ServerEffect;

/// <summary>Write a checkpoint.</summary>
/// <param name="Training">What to write; its vectors are valid only while the effect is carried out.</param>
public sealed record SaveCheckpoint(TrainingState Training) : ServerEffect;

/// <summary>Tell whoever watches that a worker node has joined.</summary>
/// <param name="Shard">Which.</param>
/// <param name="Cores">How many shards it has.</param>
/// <param name="Step">Steps done.</param>
public sealed record ReportJoined(ShardId Shard, int Cores, long Step) : ServerEffect;

/// <summary>Tell whoever watches that a unit is lost, and what became of its work.</summary>
/// <param name="Shard">Which.</param>
/// <param name="Step">Steps done.</param>
/// <param name="Silence">Since it was last heard of.</param>
/// <param name="Microbatches">How many of its microbatches are handed out again; no sample is lost with them.</param>
/// <param name="Reason">In words.</param>
public sealed record ReportLost(
    ShardId Shard, long Step, TimeSpan Silence, int Microbatches, string Reason) : ServerEffect;

/// <summary>Tell whoever watches that a piece of work is handed out again, while the unit that had it stays.</summary>
/// <param name="Shard">Who had it.</param>
/// <param name="Key">Which.</param>
/// <param name="Reason">Why.</param>
public sealed record ReportReassignment(ShardId Shard, WorkKey Key, string Reason) : ServerEffect;

/// <summary>Tell a worker node that it is to take no part any more; it is lost already.</summary>
/// <param name="Shard">Which.</param>
/// <param name="Reason">In words.</param>
public sealed record DismissNode(ShardId Shard, string Reason) : ServerEffect;

/// <summary>The run is over.</summary>
/// <param name="Phase">Finished, stopped or failed.</param>
/// <param name="Training">The last state.</param>
/// <param name="Evaluation">Of its parameters; none when it was stopped or failed.</param>
/// <param name="Reason">Why it failed; none otherwise.</param>
public sealed record EndRun(
    RunPhase Phase, TrainingState Training, Evaluation? Evaluation, string? Reason) : ServerEffect;

/// <summary>What an event leads to.</summary>
/// <param name="State">The next state.</param>
/// <param name="Effects">What to do, in order.</param>
public readonly record struct Transition(ServerState State, IReadOnlyList<ServerEffect> Effects);
