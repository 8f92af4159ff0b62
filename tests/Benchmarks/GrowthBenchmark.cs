using ActorTrain.Benchmarks.Report;
using ActorTrain.Host.Commands;

namespace ActorTrain.Benchmarks;

/// <summary>How the cost of a step grows with each thing that a user may turn up, in one process.</summary>
internal static class GrowthBenchmark
{
    private static readonly int Cores = Environment.ProcessorCount;

    /// <summary>Minibatch, width, parameters and shards, one at a time.</summary>
    public static IEnumerable<Section> Run()
    {
        var data = Dataset.Mnist();
        var peak = BenchCommand.AllCores(Cores);
        yield return Grow(data, peak, "Minibatch", "minibatch", "growth-minibatch.png",
            [.. new[] { 16, 64, 256, 1024, 4096 }.Select(
                b => ((double)b, new Recipe { BatchSize = b, Microbatches = Math.Max(2, b / 16) }, Cores))]);
        yield return Grow(data, peak, "Hidden width", "features of both hidden layers", "growth-width.png",
            [.. new[] { 64, 128, 256, 512, 1024, 2048, 4096 }.Select(
                w => ((double)w, new Recipe { Model = Sequential.Mlp(784, w, w, 10) }, Cores))]);
        yield return Grow(data, peak, "Parameters", "parameters", "growth-parameters.png",
            [.. new[] { 128, 1024, 3072, 9600 }.Select(w => Sequential.Mlp(784, w, w, 10))
                .Select(m => ((double)m.Layout.Count, new Recipe { Model = m }, Cores))]);
        yield return Grow(data, peak, "Shards", $"shards on {Cores} cores", "growth-shards.png",
            [.. new[] { 1, 2, 4, 8, 16 }.Select(s => ((double)s, new Recipe { Microbatches = 16 }, s))]);
    }

    private static Section Grow(
        Dataset data, double peak, string title, string x, string picture,
        IReadOnlyList<(double X, Recipe Recipe, int Shards)> cases)
    {
        var rows = new List<string[]>();
        List<(double X, double Y)> measured = [], limits = [];
        foreach (var (value, recipe, shards) in cases)
        {
            var limit =
                StepBenchmark.Flops(recipe.Model) * recipe.BatchSize / (peak * Math.Min(shards, Cores) / Cores) / 1e3;
            var step = StepMicroseconds(recipe, data, shards, limit);
            rows.Add([$"{value:N0}", Figures.Short(step), Figures.Short(limit), Figures.Short(
                step / limit), $"{recipe.BatchSize / step * 1e6:N0}"]);
            measured.Add((value, step));
            limits.Add((value, limit));
        }
        return new($"Growth: {title.ToLowerInvariant()}", "Default recipe but for what grows; the limit is the "
            + "multiply-adds at the FMA peak.",
            [x, "µs a step", "limit, µs", "step / limit", "images/s"], rows)
        {
            Pictures = [(
                $"A step by {x}", picture,
                Chart.Png($"A step by {x}", x, "µs", ("a step", [.. measured]), ("limit", [.. limits])))],
        };
    }

    // Two runs of different length: their difference has no start in it.
    private static double StepMicroseconds(Recipe recipe, Dataset data, int shards, double limit)
    {
        const double wanted = 1e6;
        var steps = (int)Math.Clamp(wanted / (2 * limit), 16, 4000);
        var (some, more) = (Seconds(steps), Seconds(3 * steps));
        return (more - some) * 1e6 / (2 * steps);

        double Seconds(int count) =>
            LocalRun.ToEnd(recipe with { MaxSteps = count, Epochs = 1000 }, data, shards).TrainSeconds;
    }
}
