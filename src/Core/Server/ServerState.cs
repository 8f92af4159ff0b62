using System.Collections.Immutable;

namespace ActorTrain.Server;

/// <summary>A data shard as the server knows it; a shard that comes back after a crash has a larger incarnation.</summary>
/// <param name="Name">For logs.</param>
/// <param name="Incarnation">Grows with each restart, so that late news of an earlier life does no harm.</param>
public readonly record struct ShardId(string Name, int Incarnation)
{
    /// <summary>For logs: <c>shard-1</c>.</summary>
    public override string ToString() => Name;
}

/// <summary>A shard and what it works on.</summary>
/// <param name="Id">Which shard.</param>
/// <param name="Working">Its order's key; none: it is idle.</param>
public sealed record ShardSlot(ShardId Id, WorkKey? Working);

/// <summary>One round of work: a tree whose leaves must all be answered before the run goes on.</summary>
/// <param name="Kind">Gradient or evaluation.</param>
/// <param name="Tree">The tree.</param>
/// <param name="Nodes">The nodes that the tree was divided into; they cover every leaf once.</param>
/// <param name="Waiting">Those of them that nobody works on.</param>
/// <param name="Answers">Answers so far, in order of their leaves.</param>
/// <param name="StepEnd">What an update round works on; none in other rounds.</param>
public sealed record Round(
    WorkKind Kind, MicrobatchTree Tree, ImmutableArray<TreeNode> Nodes, ImmutableArray<TreeNode> Waiting, ImmutableArray<WorkAnswer> Answers,
    StepEnd? StepEnd = null)
{
    /// <summary>True when every node is answered.</summary>
    public bool IsComplete => Answers.Length == Nodes.Length;
}

/// <summary>Where a run is in its life.</summary>
public enum RunPhase
{
    /// <summary>Waiting for enough shards to begin.</summary>
    Gathering,

    /// <summary>Working.</summary>
    Running,

    /// <summary>All steps are done and evaluated.</summary>
    Finished,

    /// <summary>Stopped on request, after a whole step.</summary>
    Stopped,

    /// <summary>Given up: a piece of work failed again and again.</summary>
    Failed,
}

/// <summary>All that the parameter server knows.</summary>
/// <param name="Plan">The run's plan.</param>
/// <param name="Incarnation">The fencing number in every order.</param>
/// <param name="Training">The run so far.</param>
/// <param name="Phase">Where the run is in its life.</param>
/// <param name="Round">The round of work; none before the first.</param>
/// <param name="Shards">Those that are there, in order of joining.</param>
/// <param name="ShardsToBegin">How many must be there before the first step.</param>
/// <param name="StopRequested">True: end after the current step.</param>
/// <param name="Failures">Failures in the current round.</param>
public sealed record ServerState(
    TrainingPlan Plan, long Incarnation, TrainingState Training, RunPhase Phase, Round? Round,
    ImmutableArray<ShardSlot> Shards, int ShardsToBegin, bool StopRequested, int Failures)
{
    /// <summary>A server that waits for its shards.</summary>
    public static ServerState Initial(TrainingPlan plan, TrainingState training, long incarnation, int shardsToBegin) =>
        new(plan, incarnation, training, RunPhase.Gathering, null, [], shardsToBegin, StopRequested: false, Failures: 0);

    /// <summary>The key of a node in the current round.</summary>
    public WorkKey KeyOf(TreeNode node) => new(Incarnation, Training.Version, Round!.Kind, node);

    /// <summary>True while the run may still go on.</summary>
    public bool IsAlive => Phase is RunPhase.Gathering or RunPhase.Running;
}
