namespace ActorTrain;

/// <summary>The contents of an IDX file of images.</summary>
/// <param name="Count">How many images, at least 1.</param>
/// <param name="Rows">Pixels from top to bottom, at least 1.</param>
/// <param name="Columns">Pixels from left to right, at least 1.</param>
/// <param name="Pixels">[Count, Rows, Columns], row-major, one byte a pixel.</param>
public sealed record IdxImages(int Count, int Rows, int Columns, ReadOnlyMemory<byte> Pixels);
