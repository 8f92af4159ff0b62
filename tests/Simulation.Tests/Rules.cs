namespace ActorTrain.Simulation.Tests;

/// <summary>The transitions that the simulated cluster runs: the real ones, or one of them with a planted bug.</summary>
internal class Rules
{
    public virtual Transition Server(ServerState state, ServerEvent @event, TimeSpan now, VectorPool pool) =>
        ParameterServer.Step(state, @event, now, pool);

    public virtual WorkerTransition Worker(WorkerState state, WorkerEvent @event, NodeSums sums) =>
        WorkerNode.Step(state, @event, sums);
}
