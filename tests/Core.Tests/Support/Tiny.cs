namespace ActorTrain.Core.Tests.Support;

/// <summary>A dataset and recipes that train in a millisecond.</summary>
internal static class Tiny
{
    /// <summary>40 training and 12 test images of 2x2 pixels, 2 classes.</summary>
    public static Dataset Data { get; } = Dataset.Combine("tiny", Images(40, seed: 1), Images(12, seed: 2), classes: 2);

    /// <summary>The same training images, and as many test images as make an evaluation tree of three leaves.</summary>
    public static Dataset ManyTests { get; } = Dataset.Combine(
        "tiny", Images(40, seed: 1), Images(600, seed: 2), classes: 2);

    /// <summary>Two epochs of five steps, four microbatches of two rows each.</summary>
    public static Recipe Recipe { get; } = new()
    {
        Model = Sequential.Mlp(4, 3, 2),
        Optimizer = new Sgd(0.1f),
        BatchSize = 8,
        Microbatches = 4,
        Epochs = 2,
    };

    /// <summary>A model of 35 002 parameters: enough that shards share the update.</summary>
    public static Recipe Wide { get; } = Recipe with { Model = Sequential.Mlp(4, 5000, 2), MaxSteps = 6 };

    // Bright above or bright below: something to learn.
    private static Split Images(int count, ulong seed)
    {
        var noise = new float[4 * count];
        Philox.FillUniform(seed, RandomPurpose.Augmentation, 0, 0, 100, noise);
        var pixels = new byte[4 * count];
        var labels = new byte[count];
        for (var i = 0; i < count; i++)
        {
            labels[i] = (byte)(i % 2);
            for (var p = 0; p < 4; p++) pixels[(4 * i) + p] = (byte)(
                noise[(4 * i) + p] + (p / 2 == labels[i] ? 100 : 0));
        }
        return Split.Of(pixels, labels, 2, 2);
    }
}
