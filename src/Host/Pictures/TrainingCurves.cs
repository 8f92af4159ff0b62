using System.Globalization;
using ScottPlot;

namespace ActorTrain.Host.Pictures;

/// <summary>Loss and accuracy by epoch, train and test, as a PNG.</summary>
internal static class TrainingCurves
{
    /// <summary>The picture's bytes.</summary>
    /// <param name="epochs">At least one.</param>
    public static byte[] Png(IReadOnlyList<EpochSummary> epochs)
    {
        var multiplot = new Multiplot();
        multiplot.AddPlots(2);
        multiplot.Layout = new ScottPlot.MultiplotLayouts.Grid(rows: 1, columns: 2);
        Draw(multiplot.GetPlot(0), epochs, "Loss (nats)", e => e.TrainLoss, e => e.TestLoss, Alignment.UpperRight);
        Draw(multiplot.GetPlot(1), epochs, "Accuracy (%)", e => 100 * e.TrainAccuracy, e => 100 * e.TestAccuracy, Alignment.LowerRight);
        var last = epochs[^1];
        multiplot.GetPlot(0).Title(string.Create(CultureInfo.InvariantCulture, $"Test loss {last.TestLoss:F4} after {last.Epoch} epochs"), size: 16);
        multiplot.GetPlot(1).Title(string.Create(CultureInfo.InvariantCulture, $"Test accuracy {100 * last.TestAccuracy:F2} %"), size: 16);
        return multiplot.Render(1000, 420).GetImageBytes(ImageFormat.Png);
    }

    private static void Draw(
        Plot plot, IReadOnlyList<EpochSummary> epochs, string label,
        Func<EpochSummary, double> train, Func<EpochSummary, double> test, Alignment legend)
    {
        double[] xs = [.. epochs.Select(e => (double)e.Epoch)];
        Line(plot, xs, [.. epochs.Select(train)], "training", Palette.Train, MarkerShape.FilledCircle);
        Line(plot, xs, [.. epochs.Select(test)], "test", Palette.Test, MarkerShape.FilledSquare);
        plot.XLabel("Epoch");
        plot.YLabel(label);
        plot.ShowLegend(legend);
        plot.Axes.Bottom.TickGenerator = new ScottPlot.TickGenerators.NumericAutomatic { IntegerTicksOnly = true };
        plot.Axes.Margins(horizontal: 0.08, vertical: 0.12);
        if (xs.Length == 1) plot.Axes.SetLimitsX(xs[0] - 1, xs[0] + 1);
    }

    private static void Line(Plot plot, double[] xs, double[] ys, string name, Color color, MarkerShape marker)
    {
        var line = plot.Add.Scatter(xs, ys, color);
        line.LegendText = name;
        line.LineWidth = 2.5f;
        line.MarkerShape = marker;
        line.MarkerSize = 8;
    }
}
