namespace ActorTrain.Benchmarks.Report;

/// <summary>Contenders that are measured in turns, so that a noisy moment hits all of them.</summary>
internal static class Turns
{
    /// <summary>What was measured of each.</summary>
    /// <param name="turns">How often each is measured.</param>
    /// <param name="contenders">Measure, and give some figures.</param>
    public static IReadOnlyList<Figures> Take(int turns, IReadOnlyList<Func<IEnumerable<double>>> contenders)
    {
        List<double>[] measured = [.. contenders.Select(_ => new List<double>())];
        for (var turn = 0; turn < turns; turn++)
            foreach (var (contender, figures) in contenders.Zip(measured))
                figures.AddRange(contender());
        return [.. measured.Select(m => new Figures(m))];
    }
}
