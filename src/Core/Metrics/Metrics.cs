using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace ActorTrain;

/// <summary>
/// What can be said of a classifier after one pass over examples, batch by batch: <see cref="Add(Tensor,
/// ReadOnlySpan{int})"/> answers with new metrics, and <see cref="Merge"/> with those of two parts. All counts are
/// whole numbers, so that they are equal however the examples were divided; only the loss is a sum of floats.
/// </summary>
public sealed record Metrics
{
    /// <summary>Bins of <see cref="CalibrationError"/>, as in Guo et al. 2017.</summary>
    public const int CalibrationBins = 15;

    private Metrics(
        int classes, double lossSum, ImmutableArray<long> confusion, ImmutableArray<long> ranks,
        ImmutableArray<CalibrationBin> bins) =>
        (Classes, LossSum, Confusion, Ranks, Calibration) = (classes, lossSum, confusion, ranks, bins);

    /// <summary>How many classes.</summary>
    public int Classes { get; }

    /// <summary>Σ losses.</summary>
    public double LossSum { get; internal init; }

    /// <summary>
    /// [Classes, Classes], row-major: how often an example of class <c>i / Classes</c> was predicted as
    /// <c>i % Classes</c>.
    /// </summary>
    public ImmutableArray<long> Confusion { get; }

    /// <summary>[Classes]: how often so many scores came before the label's own.</summary>
    public ImmutableArray<long> Ranks { get; }

    /// <summary>[<see cref="CalibrationBins"/>]: predictions by confidence, from 0 to 1.</summary>
    public ImmutableArray<CalibrationBin> Calibration { get; }

    /// <summary>Examples.</summary>
    public long Samples => Confusion.Sum();

    /// <summary>Right predictions.</summary>
    public long Correct => Enumerable.Range(0, Classes).Sum(c => Confusion[(c * Classes) + c]);

    /// <summary>Share of right predictions, 0 … 1; NaN without examples.</summary>
    public double Accuracy => (double)Correct / Samples;

    /// <summary>Mean loss; NaN without examples.</summary>
    public double Loss => LossSum / Samples;

    /// <summary>Precision, recall and F1 of each class.</summary>
    public ImmutableArray<ClassScores> PerClass => [.. Enumerable.Range(0, Classes).Select(ScoresOf)];

    /// <summary>Mean precision over the classes that occur, among labels or predictions.</summary>
    public double MacroPrecision => Macro(scores => scores.Precision);

    /// <summary>Mean recall over the classes that occur, among labels or predictions.</summary>
    public double MacroRecall => Macro(scores => scores.Recall);

    /// <summary>Mean F1 over the classes that occur, among labels or predictions.</summary>
    public double MacroF1 => Macro(scores => scores.F1);

    /// <summary>
    /// Expected calibration error, Σ over bins n_b/n · |accuracy_b − confidence_b|: how far confidence is from the
    /// share of right predictions. NaN without examples. Source: Guo et al. 2017, "On Calibration of Modern Neural
    /// Networks".
    /// </summary>
    public double CalibrationError =>
        Calibration.Sum(bin => bin.Count * Math.Abs(bin.Accuracy - bin.Confidence)) / Samples;

    /// <summary>Metrics of no examples.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Fewer than 2 classes.</exception>
    public static Metrics Empty(int classes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 2);
        return new(
            classes, 0, [.. new long[classes * classes]], [.. new long[classes]],
            [.. new CalibrationBin[CalibrationBins]]);
    }

    /// <summary>Share of examples whose label is among the <paramref name="k"/> best scores.</summary>
    /// <exception cref="ArgumentOutOfRangeException">k is not 1 … Classes.</exception>
    public double TopK(int k)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(k, Classes);
        return (double)Ranks.Take(k).Sum() / Samples;
    }

    /// <summary>With a batch more; its loss is cross entropy, −log softmax(scores)[label].</summary>
    /// <param name="scores">[N, Classes]: logits or log-probabilities.</param>
    /// <param name="labels">[N], each in 0 … Classes−1.</param>
    /// <exception cref="ShapeMismatchException">The scores have another shape.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A label that is not one of the classes.</exception>
    [OverloadResolutionPriority(1)]
    public Metrics Add(Tensor scores, ReadOnlySpan<int> labels)
    {
        var logProbabilities = LogProbabilities(scores, labels);
        var losses = new float[labels.Length];
        for (var i = 0; i < losses.Length; i++) losses[i] = -logProbabilities[(i * Classes) + labels[i]];
        return Add(scores.Contiguous().Span, logProbabilities, labels, losses);
    }

    /// <inheritdoc cref="Add(Tensor, ReadOnlySpan{int})"/>
    public Metrics Add(Tensor scores, ImmutableArray<int> labels) => Add(scores, labels.AsSpan());

    /// <summary>With a batch more, whose losses are known.</summary>
    /// <param name="scores">[N, Classes]: logits or log-probabilities.</param>
    /// <param name="labels">[N], each in 0 … Classes−1.</param>
    /// <param name="losses">[N].</param>
    /// <exception cref="ShapeMismatchException">The scores or the losses have another shape.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A label that is not one of the classes.</exception>
    public Metrics Add(Tensor scores, ReadOnlySpan<int> labels, ReadOnlySpan<float> losses) =>
        losses.Length == labels.Length
            ? Add(scores.Contiguous().Span, LogProbabilities(scores, labels), labels, losses)
            : throw new ShapeMismatchException(
                "Metrics.Add", "losses", [losses.Length], $"[{labels.Length}]", "Give one loss for each label.");

    /// <summary>The metrics of both parts.</summary>
    /// <exception cref="ArgumentException">They are of another number of classes.</exception>
    public Metrics Merge(Metrics other) => other.Classes == Classes
        ? new(
            Classes, LossSum + other.LossSum, [.. Confusion.Zip(other.Confusion, (a, b) => a + b)],
            [.. Ranks.Zip(other.Ranks, (a, b) => a + b)],
            [.. Calibration.Zip(other.Calibration, (a, b) => a.Plus(b))])
        : throw new ArgumentException(
            $"Metrics.Merge: metrics of {Classes} and of {other.Classes} classes; give as many.", nameof(other));

    /// <summary>Equal when all sums and counts are.</summary>
    public bool Equals(Metrics? other) => other is not null && Classes == other.Classes
        && LossSum.Equals(other.LossSum) && Confusion.SequenceEqual(other.Confusion)
        && Ranks.SequenceEqual(other.Ranks) && Calibration.SequenceEqual(other.Calibration);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Classes, LossSum, Samples, Correct);

    /// <summary>A line for the whole and a table of the classes.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        text.AppendLine(
            CultureInfo.InvariantCulture,
            $"accuracy {Accuracy:F4}  loss {Loss:F4}  calibration error {CalibrationError:F4}  samples {Samples}");
        text.AppendLine("class  precision  recall      F1  examples");
        var classes = PerClass;
        for (var c = 0; c < Classes; c++)
        {
            var (precision, recall, f1) = (classes[c].Precision, classes[c].Recall, classes[c].F1);
            text.AppendLine(
                CultureInfo.InvariantCulture,
                $"{c,5}  {precision,9:F4}  {recall,6:F4}  {f1,6:F4}  {classes[c].Examples,8}");
        }
        text.Append(
            CultureInfo.InvariantCulture,
            $"macro  {MacroPrecision,9:F4}  {MacroRecall,6:F4}  {MacroF1,6:F4}  {Samples,8}");
        return text.ToString();
    }

    // Classes and ranks by the scores themselves: as probabilities, two that are close may round to one number.
    private Metrics Add(
        ReadOnlySpan<float> scores, ReadOnlySpan<float> logProbabilities, ReadOnlySpan<int> labels,
        ReadOnlySpan<float> losses)
    {
        var confusion = Confusion.ToArray();
        var ranks = Ranks.ToArray();
        var bins = Calibration.ToArray();
        var lossSum = 0.0;
        for (var i = 0; i < labels.Length; i++)
        {
            var row = scores.Slice(i * Classes, Classes);
            var predicted = Predictions.Class(row);
            confusion[(labels[i] * Classes) + predicted]++;
            ranks[RankOf(row, labels[i])]++;
            var confidence = Kernels.ElementwiseMath.Exp(logProbabilities[(i * Classes) + predicted]);
            var units = (long)((double)confidence * CalibrationBin.Units);
            ref var bin = ref bins[CalibrationBin.IndexOf(units, CalibrationBins)];
            bin = bin.Plus(new(1, predicted == labels[i] ? 1 : 0, units));
            lossSum += losses[i];
        }
        return new(Classes, LossSum + lossSum, [.. confusion], [.. ranks], [.. bins]);
    }

    private float[] LogProbabilities(Tensor scores, ReadOnlySpan<int> labels)
    {
        if (scores.Shape.Rank != 2 || scores.Shape[0] != labels.Length || scores.Shape[1] != Classes)
            throw new ShapeMismatchException(
                "Metrics.Add", "scores", scores.Shape, $"[{labels.Length}, {Classes}]",
                $"Give one row for each label, with a score for each of {Classes} classes.");
        var wrong = labels.IndexOfAnyExceptInRange(0, Classes - 1);
        if (wrong >= 0)
            throw new ArgumentOutOfRangeException(
                nameof(labels), labels[wrong],
                $"Metrics.Add: label {labels[wrong]} at index {wrong} is not one of the classes 0..{Classes - 1}.");
        var logProbabilities = new float[scores.Shape.Count];
        LogSoftmax.Rows(scores.Contiguous().Span, logProbabilities, Classes);
        return logProbabilities;
    }

    // How many scores come before the label's: greater ones, and equal ones of classes before it. A label whose score
    // is not a number comes last.
    private static int RankOf(ReadOnlySpan<float> row, int label)
    {
        var rank = 0;
        for (var c = 0; c < row.Length; c++)
        {
            var isBehind = row[c] < row[label] || (row[c] == row[label] && c >= label);
            if (c != label && !isBehind) rank++;
        }
        return rank;
    }

    private ClassScores ScoresOf(int index)
    {
        long predicted = 0, examples = 0;
        for (var c = 0; c < Classes; c++)
        {
            predicted += Confusion[(c * Classes) + index];
            examples += Confusion[(index * Classes) + c];
        }
        return new(Confusion[(index * Classes) + index], predicted, examples);
    }

    private double Macro(Func<ClassScores, double> score) =>
        PerClass.Where(scores => scores.Examples + scores.Predicted > 0).Select(score).DefaultIfEmpty(double.NaN)
            .Average();
}
