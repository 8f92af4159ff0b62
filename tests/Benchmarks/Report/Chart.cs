using System.Globalization;
using ActorTrain.Host.Pictures;
using ScottPlot;
using ScottPlot.TickGenerators;
using Palette = ActorTrain.Host.Pictures.Palette;

namespace ActorTrain.Benchmarks.Report;

/// <summary>A picture of how cost grows: both axes logarithmic, so that equal growth is a straight line.</summary>
internal static class Chart
{
    private const int WidthPixels = 700;
    private const int HeightPixels = 420;

    private static readonly Color[] Colors = [Palette.Blue, Palette.Vermilion, Palette.Ink];

    /// <summary>Draws lines through points; those that are no number are left out.</summary>
    public static byte[] Png(
        string title, string x, string y, params ReadOnlySpan<(string Name, (double X, double Y)[] Points)> lines)
    {
        using var plot = new Plot();
        for (var i = 0; i < lines.Length; i++)
        {
            var points = lines[i].Points.Where(p => double.IsFinite(p.Y) && p.Y > 0).ToArray();
            var line = plot.Add.Scatter(
                points.Select(p => Math.Log10(p.X)).ToArray(), points.Select(p => Math.Log10(p.Y)).ToArray(),
                Colors[i % Colors.Length]);
            (line.LegendText, line.LineWidth, line.MarkerSize) = (lines[i].Name, 2, 8);
        }
        plot.Title(title, title.Length > 70 ? 12 : 15);
        plot.XLabel(x, 13);
        plot.YLabel(y, 13);
        plot.Axes.Bottom.TickGenerator = Ticks(lines.ToArray().SelectMany(l => l.Points.Select(p => p.X)));
        plot.Axes.Left.TickGenerator = RoundTicks([.. lines.ToArray().SelectMany(l => l.Points.Select(p => p.Y))
            .Where(value => double.IsFinite(value) && value > 0)]);
        plot.Grid.MajorLineColor = Palette.Faint;
        plot.Axes.Title.Label.Bold = false;
        plot.Axes.Top.FrameLineStyle.Width = 0;
        plot.Axes.Right.FrameLineStyle.Width = 0;
        plot.Legend.FontName = PictureFont.Name;
        // Where no line is: below those that fall.
        var isFalling = lines[0].Points[^1].Y < lines[0].Points[0].Y;
        plot.ShowLegend(isFalling ? Alignment.LowerLeft : Alignment.UpperLeft);
        plot.Font.Set(PictureFont.Name);
        return PictureCanvas.Png(WidthPixels, HeightPixels, plot);
    }

    private static NumericManual Ticks(IEnumerable<double> values)
    {
        double[] marks = [.. values.Distinct().Order()];
        return new(
            [.. marks.Select(Math.Log10)], [.. marks.Select(m => m >= 1e6 ? $"{Figures.Short(m / 1e6)}M" : $"{m:0}")]);
    }

    // Powers of ten; 2 and 5 times as much too where there would be few of them.
    private static NumericManual RoundTicks(double[] values)
    {
        var (least, most) = (Math.Log10(values.Min()), Math.Log10(values.Max()));
        double[] factors = most - least < 2 ? [1, 2, 5] : [1];
        var powers = Enumerable.Range((int)Math.Floor(least), (int)Math.Ceiling(most) - (int)Math.Floor(least) + 1);
        double[] marks = [.. powers.SelectMany(power => factors.Select(factor => factor * Math.Pow(10, power)))];
        return new(
            [.. marks.Select(Math.Log10)],
            [.. marks.Select(mark => mark.ToString("0.###", CultureInfo.InvariantCulture))]);
    }
}
