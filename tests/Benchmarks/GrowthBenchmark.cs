using ActorTrain.Benchmarks.Report;
using ActorTrain.Host.Commands;

namespace ActorTrain.Benchmarks;

/// <summary>How the cost of a step grows with each thing that a user may turn up.</summary>
internal static class GrowthBenchmark
{
    private const int Turns = 2;

    // The first epoch of each run warms up, so at least 16 steps count.
    private const int Epochs = 5;
    private const int LeastSteps = 2;
    private const double EpochMicroseconds = 100_000;
    private static readonly int Cores = Environment.ProcessorCount;

    /// <summary>Minibatch, width, parameters and shards, one at a time in one process; then processes.</summary>
    public static IEnumerable<Section> Run()
    {
        yield return Grow("Minibatch", "minibatch", "growth-minibatch.png",
            [.. new[] { 16, 64, 256, 1024, 4096 }.Select(
                b => new Case(b, new Recipe { BatchSize = b, Microbatches = Math.Max(2, b / 16) }, Cores))]);
        yield return Grow("Hidden width", "features of both hidden layers", "growth-width.png",
            [.. new[] { 64, 128, 256, 512, 1024, 2048, 4096 }.Select(w => Case.OfWidth(w, w, Cores))]);
        yield return Grow("Parameters", "parameters", "growth-parameters.png",
            [.. new[] { 128, 1024, 3072, 9600 }.Select(
                w => Case.OfWidth(Sequential.Mlp(784, w, w, 10).Layout.Count, w, Cores))]);
        yield return Grow("Shards", $"shards on {Cores} cores", "growth-shards.png",
            [.. new[] { 1, 2, 4, 8, 16 }.Select(s => new Case(s, new Recipe { Microbatches = 16 }, s))]);
        yield return ClusterBenchmark.Growth();
    }

    private static Section Grow(string title, string x, string picture, IReadOnlyList<Case> cases)
    {
        var (mnist, peak) = (Dataset.Mnist(), BenchCommand.AllCores(Cores));
        double[] limits = [.. cases.Select(c => c.Limit(peak))];
        var steps = Report.Turns.Take(Turns,
        [
            .. cases.Zip<Case, double, Func<IEnumerable<double>>>(
                limits, (c, limit) => () => Measure(mnist, c, limit)),
        ]);
        var rows = cases.Select((c, i) => new[]
        {
            $"{c.X:N0}", $"{steps[i]}", Figures.Short(limits[i]), Figures.Short(steps[i].Median / limits[i]),
            $"{c.Recipe.BatchSize / steps[i].Median * 1e6:N0}",
        });
        return new($"Growth: {title.ToLowerInvariant()}",
            "Default recipe but for what grows, in one process; the limit is the multiply-adds at the FMA peak.",
            [x, "µs a step", "limit, µs", "median / limit", "images/s"], [.. rows])
        {
            Pictures = [(
                $"A step by {x}", picture,
                Chart.Png($"A step by {x}", x, "µs",
                    ("a step", [.. cases.Zip(steps, (c, s) => (c.X, s.Median))]),
                    ("limit", [.. cases.Zip(limits, (c, limit) => (c.X, limit))])))],
        };
    }

    // Epochs of as many steps as take a moment at the limit.
    private static IEnumerable<double> Measure(Dataset mnist, Case c, double limit)
    {
        var most = mnist.Train.Count / c.Recipe.BatchSize;
        var steps = Math.Clamp((int)(EpochMicroseconds / limit), LeastSteps, most);
        var data = Subset.Of(mnist, steps * c.Recipe.BatchSize, TrainingPlan.EvaluationRows);
        return StepBenchmark.StepMicroseconds(c.Recipe with { Epochs = Epochs }, data, c.Shards).Skip(1);
    }

    private sealed record Case(double X, Recipe Recipe, int Shards)
    {
        public static Case OfWidth(double x, int width, int shards) =>
            new(x, new Recipe { Model = Sequential.Mlp(784, width, width, 10) }, shards);

        // Microseconds of a step's multiply-adds, where all cores together have this peak.
        public double Limit(double peak) =>
            StepBenchmark.Flops(Recipe.Model) * Recipe.BatchSize / (peak * Math.Min(Shards, Cores) / Cores) / 1e3;
    }
}
