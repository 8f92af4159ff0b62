using ActorTrain.Server;

namespace ActorTrain;

/// <summary>
/// One minibatch at a time, divided among all units, its gradients summed in the fixed tree: the same bits whoever
/// computes, and the same as of a joint step, which shards of one process make where nobody else computes. Every step
/// is a barrier; position, version and minibatch are one number.
/// </summary>
public sealed record Synchronous : Strategy
{
    internal override Transition Begin(
        ServerState state, IReadOnlyList<ServerEffect> before, TimeSpan now, VectorPool pool) =>
        JointRounds.IsPossible(state)
            ? JointRounds.Begin(state, before, now, pool)
            : Rounds.Begin(state, WorkKind.Gradient, before, now);
}
