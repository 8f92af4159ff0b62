using System.Collections.Immutable;

namespace ActorTrain.Server;

/// <summary>
/// Minibatches between two barriers where each gradient is applied when it arrives: what a round is to synchronous
/// training.
/// </summary>
/// <param name="Start">The state at the barrier before: its memory is kept until the next one is reached.</param>
/// <param name="Next">The first minibatch of the run that was never handed out.</param>
/// <param name="End">The barrier: the minibatch before which all others are applied.</param>
/// <param name="Open">Handed out and not applied, in order of their minibatches.</param>
/// <param name="Waiting">Those of them that nobody works on any more: they are handed out again, as they are.</param>
public sealed record Flow(
    TrainingState Start, long Next, long End, ImmutableArray<GradientOrder> Open, ImmutableArray<WorkKey> Waiting)
{
    /// <summary>True when everything up to the barrier is applied.</summary>
    public bool IsDrained => Next == End && Open.IsEmpty;

    /// <summary>The order of a key, if it is open.</summary>
    public GradientOrder? Find(WorkKey key)
    {
        foreach (var order in Open)
            if (order.Key == key) return order;
        return null;
    }
}

/// <summary>Parameters that newer ones have replaced.</summary>
/// <param name="Version">Updates in them.</param>
/// <param name="Parameters">Their memory is used again when nobody reads it.</param>
public readonly record struct KeptVersion(long Version, FlatVector Parameters);
