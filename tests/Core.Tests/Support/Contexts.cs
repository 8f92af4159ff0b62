using ActorTrain.Kernels;

namespace ActorTrain.Core.Tests.Support;

internal static class Contexts
{
    /// <summary>The managed kernel, ordinary memory, all rows in as many leaves as given.</summary>
    public static LayerContext ForLeaves(params int[] leafRows) => new(new ManagedMatMul(), leafRows);
}
