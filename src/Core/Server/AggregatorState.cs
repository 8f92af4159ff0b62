using System.Collections.Immutable;

namespace ActorTrain.Server;

/// <summary>All that an aggregator knows.</summary>
/// <param name="Plan">The run's plan.</param>
/// <param name="Incarnation">The newest server that it has heard of.</param>
/// <param name="Units">Its group: its own shards and its members, in order of joining.</param>
/// <param name="Works">
/// Orders that it has not answered, the oldest first. One that has not been divided yet has no parts.
/// </param>
public sealed record AggregatorState(
    TrainingPlan Plan, long Incarnation, ImmutableArray<ShardSlot> Units, ImmutableArray<NodeWork> Works)
{
    /// <summary>
    /// Failures of members that are gone, by their names: a connection that breaks between two failures makes no node
    /// well.
    /// </summary>
    public ImmutableDictionary<string, int> FailuresOfLost { get; init; } = ImmutableDictionary<string, int>.Empty;

    /// <summary>The step of the last order.</summary>
    public long Step { get; init; }

    /// <summary>How many shards compute in the group.</summary>
    public int Cores
    {
        get
        {
            var cores = 0;
            foreach (var unit in Units) cores += unit.Cores;
            return cores;
        }
    }

    /// <summary>An aggregator without a group yet.</summary>
    public static AggregatorState Initial(TrainingPlan plan) => new(plan, Incarnation: 0, [], []);
}

/// <summary>What an event leads to.</summary>
/// <param name="State">The next state.</param>
/// <param name="ToGroup">What to do below, in order: what a server wants of its units.</param>
/// <param name="ToServer">What to do above, in order: what a worker node wants of its server.</param>
public readonly record struct AggregatorTransition(
    AggregatorState State, IReadOnlyList<ServerEffect> ToGroup, IReadOnlyList<WorkerEffect> ToServer);
