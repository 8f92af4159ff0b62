using System.Globalization;
using ScottPlot;
using ScottPlot.TickGenerators;

namespace ActorTrain.Host.Pictures;

/// <summary>The picture of a run: loss on the left, accuracy on the right, both by epoch.</summary>
internal static class TrainingCurves
{
    private const int WidthPixels = 1000;
    private const int HeightPixels = 450;
    private const int MostEpochTicks = 10;

    /// <summary>The picture's bytes.</summary>
    /// <param name="epochs">At least one, in order. Figures that are not finite are left out of the lines.</param>
    /// <exception cref="ArgumentException">There is no epoch.</exception>
    public static byte[] Png(IReadOnlyList<EpochSummary> epochs)
    {
        if (epochs.Count == 0) throw new ArgumentException("There is no epoch to draw.", nameof(epochs));
        using var loss = LossPanel(epochs);
        using var accuracy = AccuracyPanel(epochs);
        return PictureCanvas.Png(WidthPixels, HeightPixels, loss, accuracy);
    }

    /// <summary>The accuracy panel's title.</summary>
    internal static string AccuracyTitle(EpochSummary last) => string.Create(CultureInfo.InvariantCulture,
        $"Accuracy: {100 * last.TestAccuracy:F2} % on the test set after "
        + $"{last.Epoch} epoch{(last.Epoch == 1 ? "" : "s")}");

    /// <summary>Epochs that get a tick: all while there is room, then every 2nd, 5th, 10th, 20th, …</summary>
    internal static IReadOnlyList<int> EpochTicks(int first, int last)
    {
        var stride = Strides().First(s => (last / s) - ((first - 1) / s) <= MostEpochTicks);
        return [.. Enumerable.Range(first, last - first + 1).Where(epoch => epoch % stride == 0)];
    }

    /// <summary>Where the accuracy axis begins, in %: the least figure rounded down to tens, and below 100.</summary>
    internal static double AccuracyFloor(IEnumerable<double> percents) =>
        Math.Clamp(10 * Math.Floor(percents.Where(double.IsFinite).DefaultIfEmpty(0).Min() / 10), 0, 90);

    private static IEnumerable<int> Strides()
    {
        for (var ten = 1; ; ten *= 10)
        {
            yield return ten;
            yield return 2 * ten;
            yield return 5 * ten;
        }
    }

    private static Plot LossPanel(IReadOnlyList<EpochSummary> epochs)
    {
        var plot = Panel(epochs, "Loss (nats)", e => e.TrainLoss, e => e.TestLoss);
        var losses = epochs.SelectMany(e => new[] { e.TrainLoss, e.TestLoss }).Where(double.IsFinite).DefaultIfEmpty(1);
        var ceiling = 1.08 * Math.Max(losses.Max(), 1e-6);
        plot.Axes.SetLimitsY(0, ceiling);
        plot.Axes.Left.TickGenerator = new NumericAutomatic { TickDensity = 0.5 };
        plot.ShowLegend(LegendCorner(epochs[^1].TestLoss, ceiling / 2));
        return plot;
    }

    private static Plot AccuracyPanel(IReadOnlyList<EpochSummary> epochs)
    {
        var plot = Panel(epochs, AccuracyTitle(epochs[^1]), e => 100 * e.TrainAccuracy, e => 100 * e.TestAccuracy);
        var floor = AccuracyFloor(epochs.SelectMany(e => new[] { 100 * e.TrainAccuracy, 100 * e.TestAccuracy }));
        plot.Axes.SetLimitsY(floor, 100 + ((100 - floor) / 50));
        plot.Axes.Left.TickGenerator =
            new NumericAutomatic { TickDensity = 0.5, LabelFormatter = percent => $"{percent:0.##} %" };
        plot.ShowLegend(LegendCorner(100 * epochs[^1].TestAccuracy, (100 + floor) / 2));
        return plot;
    }

    // Where the lines do not end.
    private static Alignment LegendCorner(double end, double middle) =>
        end > middle ? Alignment.LowerRight : Alignment.UpperRight;

    private static Plot Panel(
        IReadOnlyList<EpochSummary> epochs, string title, Func<EpochSummary, double> train,
        Func<EpochSummary, double> test)
    {
        var plot = new Plot();
        Line(plot, epochs, train, "train", Palette.Blue, MarkerShape.FilledCircle);
        Line(plot, epochs, test, "test", Palette.Vermilion, MarkerShape.FilledSquare);
        plot.Title(title, 15);
        plot.XLabel("epoch", 13);
        var (first, last) = (epochs[0].Epoch, epochs[^1].Epoch);
        plot.Axes.SetLimitsX(first - Margin(first, last), last + Margin(first, last));
        var ticks = EpochTicks(first, last);
        plot.Axes.Bottom.TickGenerator = new NumericManual(
            [.. ticks.Select(t => (double)t)], [.. ticks.Select(t => $"{t}")]);
        plot.Grid.MajorLineColor = Palette.Faint;
        plot.Axes.Title.Label.Bold = false;
        plot.Axes.Top.FrameLineStyle.Width = 0;
        plot.Axes.Right.FrameLineStyle.Width = 0;
        plot.Legend.FontSize = 13;
        plot.Legend.FontName = PictureFont.Name;
        plot.Legend.ShadowColor = Colors.Transparent;
        plot.Legend.OutlineColor = Palette.Faint;
        plot.Font.Set(PictureFont.Name);
        return plot;
    }

    private static double Margin(int first, int last) => first == last ? 0.5 : 0.04 * (last - first);

    private static void Line(
        Plot plot, IReadOnlyList<EpochSummary> epochs, Func<EpochSummary, double> value, string name, Color color,
        MarkerShape shape)
    {
        var finite = epochs.Where(e => double.IsFinite(value(e))).ToArray();
        var line = plot.Add.Scatter(
            finite.Select(e => (double)e.Epoch).ToArray(), finite.Select(value).ToArray(), color);
        line.LegendText = name;
        line.LineWidth = 2;
        line.MarkerShape = shape;
        line.MarkerSize = finite.Length > 40 ? 0 : 8;
    }
}
