using System.Globalization;
using ScottPlot;
using ScottPlot.TickGenerators;

namespace ActorTrain.Host.Pictures;

/// <summary>
/// The picture of what a model takes for what: right answers blue, mistakes vermilion, each by its own scale.
/// </summary>
internal static class ConfusionMatrix
{
    private const int HeightPixels = 740;
    private const int WidthPixels = 740;
    private const int MostClassesWithCounts = 24;

    /// <summary>The picture's bytes.</summary>
    public static byte[] Png(Evaluation evaluation)
    {
        var (counts, classes) = (evaluation.Confusion, evaluation.Classes);
        using var plot = new Plot();
        var (mostRight, mostWrong) = Greatest(counts, classes);
        for (var i = 0; i < counts.Length; i++)
        {
            var (actual, predicted) = (i / classes, i % classes);
            var share = counts[i] / (double)Math.Max(1, actual == predicted ? mostRight : mostWrong);
            Cell(plot, actual, predicted, counts[i], share, classes);
        }
        Frame(plot, Title(evaluation), classes);
        return PictureCanvas.Png(WidthPixels, HeightPixels, plot);
    }

    /// <summary>The picture's title: the share of right answers, and out of how many.</summary>
    internal static string Title(Evaluation evaluation) => evaluation.Samples == 0
        ? "no examples"
        : string.Create(CultureInfo.InvariantCulture,
            $"{100 * evaluation.Accuracy:F2} % right ({evaluation.Correct} of {evaluation.Samples})");

    private static (int Right, int Wrong) Greatest(ReadOnlySpan<int> counts, int classes)
    {
        var (right, wrong) = (0, 0);
        for (var i = 0; i < counts.Length; i++)
        {
            if (i / classes == i % classes) right = Math.Max(right, counts[i]);
            else wrong = Math.Max(wrong, counts[i]);
        }
        return (right, wrong);
    }

    private static void Cell(Plot plot, int actual, int predicted, int count, double share, int classes)
    {
        var full = actual == predicted ? Palette.Blue : Palette.Vermilion;
        var cell = plot.Add.Rectangle(predicted - 0.5, predicted + 0.5, actual - 0.5, actual + 0.5);
        cell.FillColor = Palette.Tint(full, share);
        cell.LineColor = Palette.Faint;
        cell.LineWidth = 1;
        // Zeros would hide the mistakes among them.
        if (count == 0 || classes > MostClassesWithCounts) return;
        var text = plot.Add.Text($"{count}", predicted, actual);
        text.Alignment = Alignment.MiddleCenter;
        text.LabelFontName = PictureFont.Name;
        text.LabelFontSize = classes <= 12 ? 14 : 10;
        text.LabelFontColor = cell.FillColor.Luminance < 0.55 ? Colors.White : Palette.Ink;
    }

    private static void Frame(Plot plot, string title, int classes)
    {
        var stride = classes <= MostClassesWithCounts ? 1 : 5;
        var ticks = Enumerable.Range(0, classes).Where(c => c % stride == 0).ToArray();
        foreach (var axis in new IAxis[] { plot.Axes.Bottom, plot.Axes.Left })
        {
            axis.TickGenerator = new NumericManual([.. ticks.Select(t => (double)t)], [.. ticks.Select(t => $"{t}")]);
            axis.MajorTickStyle.Length = 0;
            axis.TickLabelStyle.FontSize = 14;
        }
        plot.Title(title, 17);
        plot.XLabel("predicted", 15);
        plot.YLabel("actual", 15);
        plot.Axes.Title.Label.Bold = false;
        plot.HideGrid();
        // Class 0 is on top, as in printed matrices.
        plot.Axes.SetLimits(-0.5, classes - 0.5, classes - 0.5, -0.5);
        plot.Font.Set(PictureFont.Name);
    }
}
