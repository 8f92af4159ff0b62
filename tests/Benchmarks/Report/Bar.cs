using System.Globalization;

namespace ActorTrain.Benchmarks.Report;

/// <summary>What a figure must reach.</summary>
/// <param name="Value">The bar.</param>
/// <param name="IsMost">True: the figure may be at most so large; false: it must be at least so large.</param>
internal sealed record Bar(double Value, bool IsMost)
{
    /// <summary>A figure that may not be larger.</summary>
    public static Bar AtMost(double value) => new(value, IsMost: true);

    /// <summary>A figure that may not be smaller.</summary>
    public static Bar AtLeast(double value) => new(value, IsMost: false);

    /// <summary>A figure, the bar beside it, and whether it is met; nothing of what was not measured.</summary>
    /// <param name="figure">The figure.</param>
    /// <param name="text">How figure and bar are written.</param>
    public string Judge(double figure, Func<double, string>? text = null)
    {
        text ??= Figures.Short;
        if (double.IsNaN(figure)) return text(figure);
        var isMet = IsMost ? figure <= Value : figure >= Value;
        return $"{text(figure)} ({(IsMost ? "≤" : "≥")} {BarText(text)}: {(isMet ? "met" : "**not met**")})";
    }

    // As it was set, 0.9 rather than 0.90; in the figure's unit where that is not a plain number.
    private string BarText(Func<double, string> text) =>
        text == Figures.Short ? Value.ToString("0.###", CultureInfo.InvariantCulture) : text(Value);
}
