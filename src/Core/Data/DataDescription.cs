namespace ActorTrain;

/// <summary>
/// What a run must know of its data without having it: enough to plan, to check that it is the same, to predict.
/// </summary>
/// <param name="Name">What reports call it.</param>
/// <param name="Sha256">Over the contents of both splits, in hexadecimal.</param>
/// <param name="TrainCount">Training examples.</param>
/// <param name="TestCount">Test examples.</param>
/// <param name="Rows">Pixel rows of an image.</param>
/// <param name="Columns">Pixel columns of an image.</param>
/// <param name="Classes">How many classes.</param>
/// <param name="Normalization">Mean and standard deviation that pixels are normalised with.</param>
public sealed record DataDescription(
    string Name, string Sha256, int TrainCount, int TestCount, int Rows, int Columns, int Classes,
    Normalization Normalization)
{
    /// <summary>Features of one example.</summary>
    public int Features => Rows * Columns;
}
