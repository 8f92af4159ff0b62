namespace ActorTrain.Server;

/// <summary>What a data shard remembers between orders.</summary>
/// <param name="Id">Its name.</param>
/// <param name="Incarnation">The newest server incarnation that it has heard of.</param>
public readonly record struct ShardState(ShardId Id, long Incarnation);

/// <summary>The rules of a data shard, a pure transition.</summary>
public static class DataShard
{
    /// <summary>Which order to work on, if any: orders of a server that another one has replaced are ignored.</summary>
    public static (ShardState State, WorkOrder? Compute) Step(ShardState state, WorkOrder order) =>
        order.Key.Incarnation < state.Incarnation
            ? (state, null)
            : (state with { Incarnation = order.Key.Incarnation }, order);
}
