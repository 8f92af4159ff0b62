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
        Check(split, indices, pixels, labels);
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

    /// <summary>The same, each image changed before it is normalised.</summary>
    /// <param name="split">Where the examples are.</param>
    /// <param name="indices">[N], each in 0 … Count−1; may repeat.</param>
    /// <param name="normalization">Usually <see cref="Dataset.Normalization"/>.</param>
    /// <param name="augmentation">Takes [1, Rows, Columns] of 0 … 255 and keeps the size.</param>
    /// <param name="seed">What it draws from, with the epoch and the example's index in the split.</param>
    /// <param name="epoch">From 0 on.</param>
    /// <param name="pixels">[N, Features], is overwritten.</param>
    /// <param name="labels">[N], is overwritten.</param>
    /// <inheritdoc cref="Gather(Split, ReadOnlySpan{int}, Normalization, Span{float}, Span{int})"/>
    public static void Gather(
        Split split, ReadOnlySpan<int> indices, Normalization normalization, Transform augmentation, ulong seed,
        int epoch, Span<float> pixels, Span<int> labels)
    {
        Check(split, indices, pixels, labels);
        var examples = Examples.Of(split);
        var (scale, shift) = (normalization.Scale, normalization.Shift);
        for (var i = 0; i < indices.Length; i++)
        {
            (var image, labels[i]) = examples[indices[i]];
            var changed = augmentation.Apply(image, new(seed, epoch, indices[i])).Span;
            var place = pixels.Slice(i * split.Features, split.Features);
            for (var p = 0; p < place.Length; p++) place[p] = MathF.FusedMultiplyAdd(changed[p], scale, shift);
        }
    }

    private static void Check(
        Split split, ReadOnlySpan<int> indices, ReadOnlySpan<float> pixels, ReadOnlySpan<int> labels)
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
    }
}
