using System.Globalization;

namespace ActorTrain.Benchmarks.Report;

/// <summary>What was measured of one thing, several times.</summary>
internal sealed class Figures(IEnumerable<double> values)
{
    private readonly double[] _sorted = [.. values.Order()];

    /// <summary>True where nothing was measured: the contender is absent.</summary>
    public bool IsEmpty => _sorted.Length == 0;

    /// <summary>The middle one, or the mean of both; NaN without any.</summary>
    public double Median =>
        IsEmpty ? double.NaN : (_sorted[(_sorted.Length - 1) / 2] + _sorted[_sorted.Length / 2]) / 2;

    /// <summary>The least one; NaN without any.</summary>
    public double Least => IsEmpty ? double.NaN : _sorted[0];

    /// <summary>The largest one; NaN without any.</summary>
    public double Most => IsEmpty ? double.NaN : _sorted[^1];

    /// <summary>Median, with least and most in brackets.</summary>
    public override string ToString() =>
        IsEmpty ? "absent" : $"{Short(Median)} ({Short(Least)} to {Short(Most)})";

    /// <summary>A number with about three figures.</summary>
    public static string Short(double value) => value switch
    {
        double.NaN => "-",
        >= 100 or <= -100 => value.ToString("F0", CultureInfo.InvariantCulture),
        >= 10 => value.ToString("F1", CultureInfo.InvariantCulture),
        _ => value.ToString("F2", CultureInfo.InvariantCulture),
    };

    /// <summary>A share in percent.</summary>
    public static string Percent(double share) =>
        double.IsNaN(share) ? "-" : (100 * share).ToString("F0", CultureInfo.InvariantCulture) + " %";
}
