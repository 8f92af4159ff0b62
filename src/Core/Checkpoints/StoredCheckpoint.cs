namespace ActorTrain.Checkpoints;

/// <summary>A checkpoint read from a folder.</summary>
/// <param name="Path">The file.</param>
/// <param name="Step">The run's step that its name says.</param>
/// <param name="Contents">Whole and unharmed.</param>
public sealed record StoredCheckpoint(string Path, long Step, CheckpointContents Contents);
