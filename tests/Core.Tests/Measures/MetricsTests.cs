using System.Collections.Immutable;
using FsCheck.Xunit;

namespace ActorTrain.Core.Tests.Measures;

public class MetricsTests
{
    private const int Classes = 4;

    // Four examples of three classes: right, right, 0 for 1, 1 for 2.
    private static readonly Metrics Four = Metrics.Empty(3).Add(
        Tensor.From([2, 1, 0, 0, 3, 1, 2, 1, 0, 0, 2, 1], [4, 3]), [0, 1, 1, 2]);

    [Fact]
    public void Four_predictions_give_the_numbers_worked_out_by_hand()
    {
        Assert.Equal((4, 2, 0.5), (Four.Samples, Four.Correct, Four.Accuracy));
        Assert.Equal([1, 0, 0, 1, 1, 0, 0, 1, 0], Four.Confusion);
        Assert.Equal(
            [new(TruePositives: 1, Predicted: 2, Examples: 1), new(1, 2, 2), new(0, 0, 1)], Four.PerClass);
        Assert.Equal([0.5, 0.5, 0], Four.PerClass.Select(c => c.Precision));
        Assert.Equal([1, 0.5, 0], Four.PerClass.Select(c => c.Recall));
        Assert.Equal([2 / 3.0, 0.5, 0], Four.PerClass.Select(c => c.F1));
        Assert.Equal(1 / 3.0, Four.MacroPrecision, 12);
        Assert.Equal(0.5, Four.MacroRecall, 12);
        Assert.Equal(7 / 18.0, Four.MacroF1, 12);
        Assert.Equal([0.5, 1, 1], Enumerable.Range(1, 3).Select(Four.TopK));
    }

    [Fact]
    public void Labels_of_a_loaders_batch_count_as_those_of_an_array()
    {
        var scores = Tensor.From([2, 1, 0, 0, 3, 1], [2, 3]);
        ImmutableArray<int> labels = [0, 2];
        Assert.Equal(
            Metrics.Empty(3).Add(scores, [0, 2]).Confusion, Metrics.Empty(3).Add(scores, labels).Confusion);
        Assert.Equal(F.CrossEntropy(scores, [0, 2]).Item(), F.CrossEntropy(scores, labels).Item());
        Assert.Equal(F.NllLoss(scores, [0, 2]).Item(), F.NllLoss(scores, labels).Item());
    }

    [Fact]
    public void The_loss_is_cross_entropy_and_calibration_compares_confidence_with_what_was_right()
    {
        // softmax(2, 1, 0) = 0.6652410, 0.2447285, 0.0900306; softmax(0, 3, 1) = 0.0420101, 0.8437947, 0.1141952
        var losses = new[] { 0.6652410, 0.8437947, 0.2447285, 0.2447285 }.Select(p => -Math.Log(p));
        Assert.Equal(losses.Average(), Four.Loss, 6);
        // Three predictions of confidence 0.665, one of them right; one of 0.844, right.
        Assert.Equal(((3 * 0.6652410) - 1 + 1 - 0.8437947) / 4, Four.CalibrationError, 6);
        Assert.Equal([9, 12], Enumerable.Range(0, 15).Where(b => Four.Calibration[b].Count > 0));
    }

    [Fact]
    public void Losses_that_are_known_are_averaged_as_they_are() => Assert.Equal(
        1.5, Metrics.Empty(2).Add(Tensor.Zeros([2, 2]), [0, 1], [1, 2]).Loss);

    [Fact]
    public void Equal_scores_count_for_the_first_class_as_in_predictions()
    {
        var metrics = Metrics.Empty(3).Add(Tensor.Zeros([3, 3]), [0, 1, 2]);
        Assert.Equal([1, 1, 1], metrics.Ranks);
        Assert.Equal(1, metrics.Correct);
    }

    [Fact]
    public void Confidence_on_a_border_belongs_to_the_bin_below_it()
    {
        // Two classes, equal scores: confidence ½, in (7/15, 8/15].
        var metrics = Metrics.Empty(2).Add(Tensor.Zeros([1, 2]), [0]);
        Assert.Equal(1, metrics.Calibration[7].Count);
    }

    [Theory, InlineData(0, 15, 0), InlineData(1 << 21, 8, 0), InlineData((1 << 21) + 1, 8, 1),
     InlineData(1 << 24, 15, 14)]
    public void A_bin_has_its_upper_border_and_not_its_lower_one(long units, int bins, int bin) =>
        Assert.Equal(bin, CalibrationBin.IndexOf(units, bins));

    [Property]
    public void Any_grouping_of_any_division_has_equal_counts(int seed, byte rows, byte first, byte second)
    {
        var n = rows % 40;
        var (a, b) = (first % (n + 1), second % (n + 1));
        var (low, high) = (Math.Min(a, b), Math.Max(a, b));
        var (scores, labels) = Examples(seed, n);
        Metrics Part(int start, int end) =>
            Metrics.Empty(Classes).Add(scores.Rows(start, end - start), labels.AsSpan(start, end - start));
        var (p, q, r) = (Part(0, low), Part(low, high), Part(high, n));
        var whole = WithoutLoss(Part(0, n));
        Assert.Equal(whole, WithoutLoss(p.Merge(q).Merge(r)));
        Assert.Equal(whole, WithoutLoss(p.Merge(q.Merge(r))));
        Assert.Equal(whole, WithoutLoss(r.Merge(p).Merge(q)));
        var added = p.Add(scores.Rows(low, n - low), labels.AsSpan(low));
        Assert.Equal(whole, WithoutLoss(added));
        Assert.Equal(Part(0, n).LossSum, p.Merge(q).Merge(r).LossSum, 1e-4);
    }

    [Property]
    public void Every_figure_is_within_its_bounds(int seed, byte rows)
    {
        var (scores, labels) = Examples(seed, 1 + (rows % 40));
        var metrics = Metrics.Empty(Classes).Add(scores, labels);
        Assert.Equal(Predictions.CountCorrect(scores, labels), metrics.Correct);
        Assert.Equal(metrics.Accuracy, metrics.TopK(1));
        Assert.Equal(1, metrics.TopK(Classes));
        var top = Enumerable.Range(1, Classes).Select(metrics.TopK).ToList();
        Assert.Equal(top.Order(), top);
        Assert.Equal(labels.Length, metrics.Calibration.Sum(bin => bin.Count));
        Assert.Equal(metrics.Correct, metrics.Calibration.Sum(bin => bin.Correct));
        Assert.InRange(metrics.CalibrationError, 0, 1);
        Assert.All(metrics.PerClass, c => Assert.InRange(
            c.F1, Math.Min(c.Precision, c.Recall) - 1e-12, Math.Max(c.Precision, c.Recall) + 1e-12));
        Assert.All(
            metrics.Calibration.Select((bin, i) => (bin, i)).Where(b => b.bin.Count > 0),
            b => Assert.InRange(b.bin.Confidence, b.i / 15.0, (b.i + 1) / 15.0));
    }

    [Fact]
    public void A_model_that_diverged_has_a_loss_that_is_no_number_and_counts_all_the_same()
    {
        var metrics = Metrics.Empty(2).Add(Tensor.Full([2, 2], float.NaN), [0, 1]);
        Assert.Equal((double.NaN, 2), (metrics.Loss, metrics.Samples));
    }

    [Fact]
    public void Scores_labels_losses_and_parts_that_do_not_fit_are_refused()
    {
        var empty = Metrics.Empty(3);
        Assert.Equal(
            "Metrics.Add: scores has shape [2, 2], expected [2, 3]. Give one row for each label, with a score for each "
            + "of 3 classes.",
            Assert.Throws<ShapeMismatchException>(() => empty.Add(Tensor.Zeros([2, 2]), [0, 1])).Message);
        Assert.StartsWith(
            "Metrics.Add: label 3 at index 1 is not one of the classes 0..2.",
            Assert.Throws<ArgumentOutOfRangeException>(() => empty.Add(Tensor.Zeros([2, 3]), [0, 3])).Message,
            StringComparison.Ordinal);
        Assert.Equal(
            "Metrics.Add: losses has shape [1], expected [2]. Give one loss for each label.",
            Assert.Throws<ShapeMismatchException>(() => empty.Add(Tensor.Zeros([2, 3]), [0, 1], [1])).Message);
        Assert.Equal(
            "Metrics.Merge: metrics of 3 and of 2 classes; give as many. (Parameter 'other')",
            Assert.Throws<ArgumentException>(() => empty.Merge(Metrics.Empty(2))).Message);
    }

    [Fact]
    public void The_text_is_a_line_and_a_table_of_the_classes() => Assert.Equal(
        """
        accuracy 0.5000  loss 0.8482  calibration error 0.2880  samples 4
        class  precision  recall      F1  examples
            0     0.5000  1.0000  0.6667         1
            1     0.5000  0.5000  0.5000         2
            2     0.0000  0.0000  0.0000         1
        macro     0.3333  0.5000  0.3889         4
        """, Four.ToString().ReplaceLineEndings("\n"));

    [Fact]
    public void Measuring_a_split_has_the_bits_of_its_evaluation()
    {
        var data = Dataset.Combine("tiny", Split.Of(new byte[700 * 4], new byte[700], 2, 2), Random(600));
        var recipe = new Recipe { Model = Sequential.Mlp(4, 3, 2) };
        var parameters = TrainingState.Initial(recipe).Parameters;
        var evaluation = Evaluator.Evaluate(recipe, parameters, data);
        var metrics = Evaluator.Measure(recipe, parameters, data);
        Assert.Equal(
            (evaluation.Loss, evaluation.Accuracy, evaluation.Samples),
            (metrics.Loss, metrics.Accuracy, metrics.Samples));
        Assert.Equal(evaluation.Confusion.Select(c => (long)c), metrics.Confusion);
    }

    private static Split Random(int count)
    {
        var values = Tensor.Rand([count, 5], seed: 3).Span;
        var pixels = new byte[count * 4];
        var labels = new byte[count];
        for (var i = 0; i < count; i++)
        {
            for (var j = 0; j < 4; j++) pixels[(i * 4) + j] = (byte)(values[(i * 5) + j] * 256);
            labels[i] = (byte)(values[(i * 5) + 4] * 2);
        }
        return Split.Of(pixels, labels, 2, 2);
    }

    private static Metrics WithoutLoss(Metrics metrics) => metrics with { LossSum = 0 };

    private static (Tensor Scores, int[] Labels) Examples(int seed, int count) => (
        Tensor.Randn([count, Classes], (ulong)(uint)seed) * 2,
        [.. Tensor.Rand([count], (ulong)(uint)seed, stream: 1).ToArray().Select(u => (int)(u * Classes))]);
}
