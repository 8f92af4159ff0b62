namespace ActorTrain.Host.Commands;

/// <summary>
/// Makes the JIT compile what a step computes, before the first one and while the data is still read: else the shards
/// would wait for it, each kernel in turn, in their first steps.
/// </summary>
internal static class Rehearsal
{
    private const int Side = 28;

    /// <summary>An epoch of two steps and its evaluation, on made-up images; some ten million operations.</summary>
    public static void Run()
    {
        var recipe = new Recipe { Epochs = 1 };
        // One more than a minibatch, so that a short one is there too.
        var images = MadeUp(recipe.BatchSize + 1);
        Trainer.Train(recipe, Dataset.Combine("rehearsal", images, images));
    }

    private static Split MadeUp(int count)
    {
        var pixels = new byte[count * Side * Side];
        for (var i = 0; i < pixels.Length; i++) pixels[i] = unchecked((byte)(i * i));
        var labels = new byte[count];
        for (var i = 0; i < labels.Length; i++) labels[i] = (byte)(i % 10);
        return Split.Of(pixels, labels, Side, Side);
    }
}
