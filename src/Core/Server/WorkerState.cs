using System.Collections.Immutable;

namespace ActorTrain.Server;

/// <summary>One of a node's own shards and what it computes.</summary>
/// <param name="Id">Which.</param>
/// <param name="Working">The key of its part; none: it is idle.</param>
public readonly record struct NodeShard(ShardId Id, WorkKey? Working);

/// <summary>An order that a node works on.</summary>
/// <param name="Order">The server's order.</param>
/// <param name="Parts">The nodes that its subtree was divided into; they cover every leaf of it once.</param>
/// <param name="Waiting">Those of them that no shard works on.</param>
/// <param name="Answers">Answers so far, in order of their leaves.</param>
public sealed record NodeWork(
    WorkOrder Order, ImmutableArray<TreeNode> Parts, ImmutableArray<TreeNode> Waiting,
    ImmutableArray<WorkAnswer> Answers);

/// <summary>All that a worker node knows.</summary>
/// <param name="Plan">The run's plan.</param>
/// <param name="Incarnation">The newest server that it has heard of.</param>
/// <param name="Shards">Its shards.</param>
/// <param name="Waiting">Orders that it has not begun with, the oldest first.</param>
/// <param name="Current">The order it works on; none: it is idle.</param>
public sealed record WorkerState(
    TrainingPlan Plan, long Incarnation, ImmutableArray<NodeShard> Shards, ImmutableArray<WorkOrder> Waiting,
    NodeWork? Current)
{
    /// <summary>
    /// Keys of orders that a shard works on by itself, undivided; their answers go to the server as they are.
    /// </summary>
    public ImmutableArray<WorkKey> Whole { get; init; } = [];

    /// <summary>A node without shards yet.</summary>
    public static WorkerState Initial(TrainingPlan plan) => new(plan, Incarnation: 0, [], [], null);
}

/// <summary>What can happen to a worker node.</summary>
public abstract record WorkerEvent;

/// <summary>One of its shards is there and idle.</summary>
/// <param name="Shard">Which.</param>
public sealed record NodeShardReady(ShardId Shard) : WorkerEvent;

/// <summary>The server wants something.</summary>
/// <param name="Order">What.</param>
public sealed record OrderArrived(WorkOrder Order) : WorkerEvent;

/// <summary>The connection to the server is gone, and with it every order that came over it.</summary>
public sealed record ServerLost : WorkerEvent
{
    /// <summary>The only one needed.</summary>
    public static ServerLost Instance { get; } = new();
}

/// <summary>A shard has computed its part.</summary>
/// <param name="Shard">Which.</param>
/// <param name="Answer">The part's answer.</param>
public sealed record PartAnswered(ShardId Shard, WorkAnswer Answer) : WorkerEvent;

/// <summary>A shard threw while it computed its part; it is idle again.</summary>
/// <param name="Shard">Which.</param>
/// <param name="Key">The part's.</param>
/// <param name="Reason">What it threw.</param>
public sealed record PartFailed(ShardId Shard, WorkKey Key, string Reason) : WorkerEvent;

/// <summary>What a worker node wants done.</summary>
public abstract record WorkerEffect;

/// <summary>Give this part to this shard.</summary>
/// <param name="Shard">Which.</param>
/// <param name="Part">An order for a part of the server's order.</param>
/// <param name="IsWhole">True when it is all of it: what the shard answers is the node's answer.</param>
public sealed record GivePart(ShardId Shard, WorkOrder Part, bool IsWhole) : WorkerEffect;

/// <summary>Answer the server.</summary>
/// <param name="Answer">To one of its orders.</param>
public sealed record SendAnswer(WorkAnswer Answer) : WorkerEffect;

/// <summary>Tell the server that an order failed here.</summary>
/// <param name="Key">The order's.</param>
/// <param name="Reason">What was thrown.</param>
public sealed record SendFailure(WorkKey Key, string Reason) : WorkerEffect;

/// <summary>What an event leads to.</summary>
/// <param name="State">The next state.</param>
/// <param name="Effects">What to do, in order.</param>
public readonly record struct WorkerTransition(WorkerState State, IReadOnlyList<WorkerEffect> Effects);
