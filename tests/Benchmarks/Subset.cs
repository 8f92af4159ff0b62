namespace ActorTrain.Benchmarks;

/// <summary>A part of MNIST: epochs of a large network in seconds.</summary>
internal static class Subset
{
    /// <summary>The first images of both splits.</summary>
    public static Dataset Of(Dataset data, int train, int test)
    {
        return Dataset.Combine(data.Name, First(data.Train, train), First(data.Test, test), data.Classes);

        static Split First(Split split, int count) => Split.Of(
            split.Pixels[..(count * split.Features)], split.Labels[..count], split.Rows, split.Columns);
    }
}
