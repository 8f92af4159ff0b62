namespace ActorTrain.Parity;

/// <summary>Agreement as the reference defines it: |ours − theirs| ≤ tolerance · (1 + |theirs|).</summary>
internal static class Closeness
{
    /// <summary>Of cases, optimisers and schedules.</summary>
    public const double Tolerance = 1e-5;

    /// <summary>Of a training run.</summary>
    public const double TrainingTolerance = 1e-4;

    /// <summary>Where two tensors differ most, if they do.</summary>
    public static string? Disagreement(string what, Tensor theirs, Tensor ours, double tolerance = Tolerance) =>
        theirs.Shape == ours.Shape
            ? Disagreement(
                what, Array.ConvertAll(theirs.ToArray(), x => (double)x),
                Array.ConvertAll(ours.ToArray(), x => (double)x), tolerance)
            : $"{what}: shape {ours.Shape}, theirs {theirs.Shape}";

    /// <summary>The same of lists of numbers.</summary>
    public static string? Disagreement(string what, double[] theirs, double[] ours, double tolerance = Tolerance)
    {
        if (theirs.Length != ours.Length) return $"{what}: {ours.Length} numbers, theirs {theirs.Length}";
        var (worst, distance) = (-1, tolerance);
        for (var i = 0; i < theirs.Length; i++)
        {
            if (theirs[i].Equals(ours[i])) continue;
            var d = Math.Abs(ours[i] - theirs[i]) / (1 + Math.Abs(theirs[i]));
            if (d <= distance) continue; // NaN is not
            worst = i;
            distance = double.IsNaN(d) ? double.PositiveInfinity : d;
        }
        return worst < 0 ? null : $"{what}[{worst}]: {ours[worst]:R}, theirs {theirs[worst]:R}";
    }
}
