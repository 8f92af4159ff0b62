namespace ActorTrain;

/// <summary>How a model does on a split, or on a part of one. Parts add up.</summary>
/// <param name="LossSum">Σ losses, in nats.</param>
/// <param name="Confusion">
/// How often an example of class <c>i / classes</c> was predicted as <c>i % classes</c>.
/// </param>
/// <param name="Classes">How many classes.</param>
public sealed record Evaluation(double LossSum, int[] Confusion, int Classes)
{
    /// <summary>Examples.</summary>
    public int Samples => Confusion.Sum();

    /// <summary>Right predictions.</summary>
    public int Correct => Enumerable.Range(0, Classes).Sum(c => Confusion[(c * Classes) + c]);

    /// <summary>Share of right predictions, 0 … 1.</summary>
    public double Accuracy => (double)Correct / Samples;

    /// <summary>Mean loss in nats.</summary>
    public double Loss => LossSum / Samples;

    /// <summary>The evaluation of both parts.</summary>
    public Evaluation Plus(Evaluation other) => new(LossSum + other.LossSum,
        [.. Confusion.Zip(other.Confusion, (a, b) => a + b)], Classes);
}
