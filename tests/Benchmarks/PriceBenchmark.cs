using System.Globalization;
using ActorTrain.Benchmarks.Report;

namespace ActorTrain.Benchmarks;

/// <summary>
/// What the same bits cost: products in fixed chains, with microbatches that are summed in a fixed tree, against the
/// fastest that is here and free to sum in any order.
/// </summary>
internal static class PriceBenchmark
{
    private const int BatchSize = 64;
    private const int Rounds = 41;
    private const int Turns = 4;
    private const int Epochs = 4;
    private const int Images = 12_800;

    /// <summary>Measures and reports.</summary>
    public static Section Run()
    {
        int[][] networks = [[128, 64], [1024, 1024]];
        var cores = Environment.ProcessorCount;
        return new("The price of the same bits",
            $"All products of a step with {BatchSize} rows on one thread: the managed kernel with leaves of "
            + $"{Product.LeafRows} rows, against the fastest kernel of each product that is here (managed, MKL, "
            + "OpenBLAS), all rows in one call and in any order. A whole step: the default recipe's 4 microbatches, "
            + $"against as many as there are shards ({cores}), the fewest that keep all busy; they took turns.",
            ["hidden", "what", "fixed order, µs", "free, µs", "price"],
            [.. networks.Select(Products), .. networks.Select(hidden => Step(hidden, cores))]);
    }

    private static string[] Products(int[] hidden)
    {
        var kernels = Product.Kernels();
        var layers = hidden.Prepend(784).Zip(hidden.Append(10)).ToList();
        // Nobody asks for the gradient of the pixels.
        var products = layers
            .SelectMany((l, i) => Product.Of(BatchSize, l.First, l.Second, kernels).Take(i == 0 ? 2 : 3))
            .ToList();
        foreach (var c in products.SelectMany(p => p.Cases)) c.Calibrate();
        for (var round = 0; round < Rounds; round++)
            foreach (var c in products.SelectMany(p => p.Cases)) c.Sample();
        var fixedOrder = products.Sum(p => p.Cases[^1].Seconds.Median);
        var free = products.Sum(p => p.Cases.SkipLast(1).Min(c => c.Seconds.Median));
        return Row(hidden, "products", 1e6 * fixedOrder, 1e6 * free);
    }

    private static string[] Step(int[] hidden, int shards)
    {
        var data = Subset.Of(Dataset.Mnist(), Images, TrainingPlan.EvaluationRows);
        var recipe = new Recipe
        {
            Model = Sequential.Mlp([784, .. hidden, 10]),
            BatchSize = BatchSize,
            Epochs = Epochs,
        };
        var figures = Report.Turns.Take(Turns, [Step(recipe), Step(recipe with { Microbatches = shards })]);
        return Row(hidden, "a step", figures[0].Median, figures[1].Median);

        Func<IEnumerable<double>> Step(Recipe of) => () => StepBenchmark.StepMicroseconds(of, data, shards).Skip(1);
    }

    private static string[] Row(int[] hidden, string what, double fixedOrder, double free) =>
    [
        string.Join(',', hidden), what, Figures.Short(fixedOrder), Figures.Short(free),
        string.Create(CultureInfo.InvariantCulture, $"{100 * ((fixedOrder / free) - 1):F0} %"),
    ];
}
