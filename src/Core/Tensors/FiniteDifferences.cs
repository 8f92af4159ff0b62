namespace ActorTrain;

/// <summary>A gradient beside finite differences, element by element.</summary>
/// <param name="options">How exactly.</param>
internal sealed class FiniteDifferences(GradCheckOptions options)
{
    // How much smaller the second step is, for what has kinks on both sides within the first.
    private const float Refinement = 1f / 8;

    /// <summary>What one input's comparison says.</summary>
    /// <param name="name">The input.</param>
    /// <param name="x">Its value.</param>
    /// <param name="gradient">What is said to be its gradient.</param>
    /// <param name="f">The function, to a number in double precision.</param>
    public GradCheckInput Compare(string name, Tensor x, Tensor gradient, Func<Tensor, double> f)
    {
        if (gradient.Shape != x.Shape)
            throw new ShapeMismatchException(
                "Grad.Check", $"gradient of {name}", gradient.Shape, x.Shape.ToString(), "Give the input's shape.");
        var (at, slopes, middle) = (x.ToArray(), gradient.ToArray(), f(x));
        var result = new GradCheckInput(name, x.Shape, 0, 0, [], 0, 0);
        var worst = double.NegativeInfinity;
        foreach (var i in Elements(at.Length))
        {
            var (difference, excess) = Nearest(At, at[i], middle, slopes[i]);
            var isWorst = excess > worst || double.IsNaN(excess);
            if (isWorst) worst = double.IsNaN(excess) ? double.PositiveInfinity : excess;
            result = result with
            {
                Compared = result.Compared + 1,
                Wrong = result.Wrong + (excess <= 0 ? 0 : 1),
                Element = isWorst ? Index(x.Shape, i) : result.Element,
                Gradient = isWorst ? slopes[i] : result.Gradient,
                Difference = isWorst ? difference : result.Difference,
            };

            double At(float value)
            {
                var moved = (float[])at.Clone();
                moved[i] = value;
                return f(Tensor.Own(moved, x.Shape));
            }
        }
        return result;
    }

    // The difference that is nearest to the gradient, and how far beyond the tolerance it is. At a kink the two sides
    // differ, and the gradient is one of them: so each side counts, from two steps, and both together.
    private (double Difference, double Excess) Nearest(
        Func<float, double> f, float x, double middle, double gradient)
    {
        var scale = MathF.Max(1, MathF.Abs(x));
        var nearest = (Difference: 0.0, Excess: double.PositiveInfinity);
        foreach (var h in (ReadOnlySpan<float>)[options.Eps * scale, options.Eps * scale * Refinement])
        {
            var (right, left) = (Slope(h), Slope(-h));
            var (nearRight, nearLeft) = (Slope(h / 2), Slope(-h / 2));
            // Errors of second order cancel (Richardson 1911), of each side those of first order.
            var central = ((4 * (nearRight + nearLeft)) - (right + left)) / 6;
            foreach (var d in (ReadOnlySpan<double>)[central, (2 * nearRight) - right, (2 * nearLeft) - left])
            {
                var excess = Math.Abs(gradient - d) - (options.Atol + (options.Rtol * Math.Abs(d)));
                if (excess < nearest.Excess || double.IsNaN(excess)) nearest = (d, excess);
            }
            if (!(nearest.Excess > 0)) break;
        }
        return nearest;

        double Slope(float step) => (f(x + step) - middle) / ((double)(x + step) - x);
    }

    // All, or some that are spread as evenly as multiples of the golden ratio are.
    private IEnumerable<int> Elements(int count) => count <= options.MostElements
        ? Enumerable.Range(0, count)
        : Enumerable.Range(0, options.MostElements)
            .Select(i => (int)(((ulong)unchecked((uint)i * 2654435769u) * (ulong)count) >> 32)).Distinct();

    private static Shape Index(Shape shape, int element)
    {
        var index = new int[shape.Rank];
        for (var d = shape.Rank - 1; d >= 0; d--) (element, index[d]) = Math.DivRem(element, shape[d]);
        return Shape.Create(index);
    }
}
