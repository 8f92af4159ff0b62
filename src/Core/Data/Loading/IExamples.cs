namespace ActorTrain;

/// <summary>
/// Labelled examples that can be asked for one by one: PyTorch's map-style dataset. Asked twice, or by two threads at
/// once, it must answer the same.
/// </summary>
public interface IExamples
{
    /// <summary>How many.</summary>
    int Count { get; }

    /// <summary>One example.</summary>
    /// <param name="index">0 … Count−1.</param>
    /// <returns>The input, of one shape for all, for images [channels, rows, columns]; and its class.</returns>
    (Tensor Input, int Label) this[int index] { get; }
}
