using ActorTrain.Kernels;

namespace ActorTrain.Simulation.Tests.Cluster;

/// <summary>A data shard: the real rules, and the real computation where the schedule asks for it.</summary>
internal sealed class SimulatedShard(RunOracle run, ShardId id, bool isReal)
{
    private readonly ShardComputation? _computation = isReal ? new(run.Plan, run.Data, new ManagedMatMul()) : null;
    private ShardState _state = new(id, Incarnation: 0);

    public ShardId Id => _state.Id;

    /// <summary>What it has to do; it works on the first.</summary>
    public Queue<WorkOrder> Mail { get; } = new();

    /// <summary>False for orders that the rules of a shard ignore.</summary>
    public bool Accept(WorkOrder order)
    {
        (_state, var accepted) = DataShard.Step(_state, order);
        return accepted is not null;
    }

    /// <summary>The answer, computed now from what the parameters' memory holds now.</summary>
    public WorkAnswer Answer(WorkOrder order)
    {
        run.CheckOrder(order);
        if (order is UpdateOrder update)
        {
            update.Update.Apply(update.FirstRun, update.Runs);
            return new UpdateAnswer(order.Key);
        }
        return _computation is null ? run.Answer(order.Key) : _computation.Answer(order);
    }
}
