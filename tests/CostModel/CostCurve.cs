namespace ActorTrain.CostModel;

/// <summary>
/// A cost as a function of one number: straight lines between measured points, and beyond the last two.
/// </summary>
internal sealed class CostCurve
{
    private readonly (double X, double Y)[] _points;

    /// <summary>Through these points.</summary>
    /// <param name="points">At least one, X ascending; one alone is a constant.</param>
    /// <exception cref="ArgumentException">There is none, or they do not ascend.</exception>
    public CostCurve(params ReadOnlySpan<(double X, double Y)> points)
    {
        if (points.IsEmpty) throw new ArgumentException("CostCurve: no points; give at least one.", nameof(points));
        for (var i = 1; i < points.Length; i++)
            if (points[i].X <= points[i - 1].X)
                throw new ArgumentException(
                    $"CostCurve: point {i} is at {points[i].X}, the one before at {points[i - 1].X}; sort them.",
                    nameof(points));
        _points = points.ToArray();
    }

    /// <summary>The cost at a number, never below 0.</summary>
    public double At(double x)
    {
        if (_points.Length == 1) return _points[0].Y;
        var i = 1;
        while (i < _points.Length - 1 && _points[i].X < x) i++;
        var ((x0, y0), (x1, y1)) = (_points[i - 1], _points[i]);
        return Math.Max(0, y0 + ((x - x0) * (y1 - y0) / (x1 - x0)));
    }
}
