using System.Collections.Concurrent;
using ActorTrain.Kernels;

namespace ActorTrain;

/// <summary>
/// Weights in the order in which kernels read them, kept from one evaluating pass to the next
/// (<see cref="LayerContext"/>). Whoever keeps it promises that all these passes have the same parameters. For any
/// number of threads at a time.
/// </summary>
public sealed class PackedWeights
{
    private readonly ConcurrentDictionary<(ConvolutionChain, Patches), Memory<float>> _kept = new();

    /// <summary>What is kept under a key.</summary>
    internal bool TryGet((ConvolutionChain, Patches) key, out Memory<float> packed) =>
        _kept.TryGetValue(key, out packed);

    /// <summary>Keeps what is packed; two threads at a time have packed the same.</summary>
    internal void Keep((ConvolutionChain, Patches) key, Memory<float> packed) => _kept.TryAdd(key, packed);
}
