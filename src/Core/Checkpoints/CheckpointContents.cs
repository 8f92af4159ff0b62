using System.Collections.Immutable;

namespace ActorTrain.Checkpoints;

/// <summary>
/// What a checkpoint file carries; what it means is said by the header, whose JSON this layer does not read.
/// </summary>
/// <param name="header">JSON: recipe, position, the names of the vectors.</param>
/// <param name="vectors">Parameters and moments, bit for bit.</param>
public sealed class CheckpointContents(string header, ImmutableArray<FlatVector> vectors)
{
    /// <summary>JSON: recipe, position, the names of the vectors.</summary>
    public string Header { get; } = header;

    /// <summary>Parameters and moments, bit for bit.</summary>
    public ImmutableArray<FlatVector> Vectors { get; } = vectors;
}
