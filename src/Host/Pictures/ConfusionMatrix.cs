using System.Globalization;
using ScottPlot;

namespace ActorTrain.Host.Pictures;

/// <summary>How often each class was predicted as which, as a PNG.</summary>
internal static class ConfusionMatrix
{
    /// <summary>The picture's bytes. Colours are by share of the row on a root scale, so that rare mistakes are seen.</summary>
    public static byte[] Png(Evaluation evaluation)
    {
        var classes = evaluation.Classes;
        using var plot = new Plot();
        var shares = new double[classes, classes];
        for (var actual = 0; actual < classes; actual++)
        {
            var total = Enumerable.Range(0, classes).Sum(p => evaluation.Confusion[(actual * classes) + p]);
            for (var predicted = 0; predicted < classes; predicted++)
            {
                var count = evaluation.Confusion[(actual * classes) + predicted];
                shares[actual, predicted] = total == 0 ? 0 : Math.Sqrt((double)count / total);
                if (count == 0) continue;
                var text = plot.Add.Text(count.ToString(CultureInfo.InvariantCulture), predicted, classes - 1 - actual);
                text.LabelAlignment = Alignment.MiddleCenter;
                text.LabelFontSize = classes <= 10 ? 14 : 9;
                text.LabelFontColor = shares[actual, predicted] > 0.5 ? Colors.White : Colors.Black;
            }
        }
        var map = plot.Add.Heatmap(shares);
        map.Colormap = new ScottPlot.Colormaps.Blues().Reversed();
        plot.MoveToBack(map);
        var names = Enumerable.Range(0, classes).Select(c => c.ToString(CultureInfo.InvariantCulture)).ToArray();
        plot.Axes.Bottom.SetTicks([.. Enumerable.Range(0, classes).Select(c => (double)c)], names);
        plot.Axes.Left.SetTicks([.. Enumerable.Range(0, classes).Select(c => (double)(classes - 1 - c))], names);
        plot.XLabel("Predicted");
        plot.YLabel("Actual");
        plot.Title(string.Create(CultureInfo.InvariantCulture, $"{evaluation.Correct} of {evaluation.Samples} right ({100 * evaluation.Accuracy:F2} %)"));
        plot.HideGrid();
        plot.Axes.SetLimits(-0.5, classes - 0.5, -0.5, classes - 0.5);
        return plot.GetImageBytes(720, 680, ImageFormat.Png);
    }
}
