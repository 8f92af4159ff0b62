namespace ActorTrain.Simulation.Tests;

/// <summary>The transitions that the simulated cluster runs: the real ones; a mutant plants a bug in one.</summary>
internal class Rules
{
    public virtual Transition Server(ServerState state, ServerEvent @event, TimeSpan now, VectorPool pool) =>
        ParameterServer.Step(state, @event, now, pool);

    public virtual WorkerTransition Worker(WorkerState state, WorkerEvent @event, NodeSums sums) =>
        WorkerNode.Step(state, @event, sums);

    public virtual AggregatorTransition Aggregator(AggregatorState state, WorkerEvent @event, TimeSpan now) =>
        ActorTrain.Server.Aggregator.Step(state, @event, now);

    public virtual AggregatorTransition Aggregator(
        AggregatorState state, ServerEvent @event, TimeSpan now, NodeSums sums) =>
        ActorTrain.Server.Aggregator.Step(state, @event, now, sums);
}
