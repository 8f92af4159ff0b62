using System.Collections.Immutable;

namespace ActorTrain.Checkpoints;

/// <summary>What a folder offers to go on from.</summary>
/// <param name="found">The newest readable checkpoint, if there is any.</param>
/// <param name="skipped">Newer ones that could not be read, newest first; to be shown to the user.</param>
public sealed class CheckpointSearch(StoredCheckpoint? found, ImmutableArray<CheckpointException> skipped)
{
    /// <summary>The newest readable checkpoint, if there is any.</summary>
    public StoredCheckpoint? Found { get; } = found;

    /// <summary>Newer ones that could not be read, newest first; to be shown to the user.</summary>
    public ImmutableArray<CheckpointException> Skipped { get; } = skipped;
}
