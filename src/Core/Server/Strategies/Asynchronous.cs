using ActorTrain.Server;

namespace ActorTrain;

/// <summary>
/// Downpour SGD: each unit gets the next whole minibatch when it is idle; its gradient is applied when it arrives,
/// however stale it is. Source: Dean et al. 2012, "Large Scale Distributed Deep Networks", §4.1.
/// </summary>
public sealed record Asynchronous : Strategy
{
    internal override Transition Begin(
        ServerState state, IReadOnlyList<ServerEffect> before, TimeSpan now, VectorPool pool) =>
        Flows.Begin(state, before, now);
}
