namespace ActorTrain;

/// <summary>The contents of an IDX file of labels.</summary>
/// <param name="Count">How many labels, at least 1.</param>
/// <param name="Labels">[Count], one byte a label.</param>
public sealed record IdxLabels(int Count, ReadOnlyMemory<byte> Labels);
