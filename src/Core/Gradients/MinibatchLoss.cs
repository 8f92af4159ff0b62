namespace ActorTrain;

/// <summary>
/// What a run's loss is to the rows of one minibatch. Whoever computes some of them has all labels, so class weights
/// and labels that do not count need no word between nodes.
/// </summary>
internal static class MinibatchLoss
{
    /// <summary>The loss whose sum over the minibatch, divided by its rows, is its mean by weight.</summary>
    /// <param name="loss">The run's.</param>
    /// <param name="split">Has the labels.</param>
    /// <param name="indices">Of the whole minibatch.</param>
    public static Loss Of(Loss loss, Split split, ReadOnlySpan<int> indices)
    {
        if (!loss.IsWeighted) return loss;
        var labels = new int[indices.Length];
        for (var i = 0; i < labels.Length; i++) labels[i] = split.Labels[indices[i]];
        return loss.OverMinibatch(labels);
    }

    /// <summary>The same for all of a split, as one minibatch.</summary>
    public static Loss Of(Loss loss, Split split) =>
        loss.IsWeighted ? Of(loss, split, [.. Enumerable.Range(0, split.Count)]) : loss;
}
