namespace ActorTrain;

/// <summary>What a model's outputs say: the class with the largest score.</summary>
public static class Predictions
{
    /// <summary>The index of the largest score, the first of them where several are equal.</summary>
    public static int Class(ReadOnlySpan<float> scores)
    {
        var best = 0;
        for (var i = 1; i < scores.Length; i++)
            if (scores[i] > scores[best]) best = i;
        return best;
    }

    /// <summary>
    /// How many rows of <paramref name="output"/> [N, classes] have their largest score at their label.
    /// </summary>
    public static int CountCorrect(Tensor output, ReadOnlySpan<int> labels)
    {
        var scores = output.Span;
        var classes = output.Shape[1];
        var correct = 0;
        for (var i = 0; i < labels.Length; i++)
            if (Class(scores.Slice(i * classes, classes)) == labels[i]) correct++;
        return correct;
    }
}
