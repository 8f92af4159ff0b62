using ActorTrain.Kernels;

namespace ActorTrain;

/// <summary>Makes inputs of the examples of a batch; until then pixels stay bytes.</summary>
public static class Batch
{
    private const int MostBytesOnStack = 4096;

    // A shuffled example is in no cache, and hardware does not see where the next one lies.
    private const int ImagesAhead = 4;

    /// <summary>Copies the named examples, in the given order, as normalised floats.</summary>
    /// <param name="split">Where the examples are.</param>
    /// <param name="indices">[N], each in 0 … Count−1; may repeat.</param>
    /// <param name="normalization">Usually <see cref="Dataset.Normalization"/>, for training and test examples
    /// alike.</param>
    /// <param name="pixels">[N, Features], is overwritten: fma(byte, <see cref="Normalization.Scale"/>,
    /// <see cref="Normalization.Shift"/>).</param>
    /// <param name="labels">[N], is overwritten.</param>
    /// <exception cref="ArgumentException"><paramref name="pixels"/> or <paramref name="labels"/> has another
    /// length.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An index names no example.</exception>
    public static void Gather(
        Split split, ReadOnlySpan<int> indices, Normalization normalization, Span<float> pixels, Span<int> labels)
    {
        if (pixels.Length != (long)indices.Length * split.Features)
        {
            throw new ArgumentException(
                $"Batch.Gather: pixels has {pixels.Length} floats; give {(long)indices.Length * split.Features} "
                + $"for {indices.Length} examples of {split.Features}.",
                nameof(pixels));
        }
        if (labels.Length != indices.Length)
            throw new ArgumentException(
                $"Batch.Gather: labels has {labels.Length} places; give {indices.Length}.", nameof(labels));
        var (scale, shift) = (normalization.Scale, normalization.Shift);
        var allLabels = split.Labels;
        Span<byte> image = split.Features <= MostBytesOnStack
            ? stackalloc byte[split.Features]
            : new byte[split.Features];
        for (var i = 0; i < Math.Min(ImagesAhead, indices.Length); i++) split.Prefetch(indices[i]);
        for (var i = 0; i < indices.Length; i++)
        {
            if (i + ImagesAhead < indices.Length) split.Prefetch(indices[i + ImagesAhead]);
            VectorOperations.BytesToFloats(
                split.Image(indices[i], image), scale, shift, pixels.Slice(i * split.Features, split.Features));
            labels[i] = allLabels[indices[i]];
        }
    }
}
