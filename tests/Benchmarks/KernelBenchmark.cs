using ActorTrain.Benchmarks.Report;
using ActorTrain.Kernels;

namespace ActorTrain.Benchmarks;

/// <summary>
/// Times the matrix products of the kernels that are here, on one thread. Rounds are interleaved over all of them and
/// the peak, so that a noisy moment hits all.
/// </summary>
internal static class KernelBenchmark
{
    private const int LongRounds = 3;

    private static readonly Bar OfLibrary = Bar.AtLeast(1);

    private static readonly Dictionary<string, Bar> OfPeak = new()
    {
        [Product.ShapeOf(64, 784, 128)] = Bar.AtLeast(0.85),
        [Product.ShapeOf(512, 1024, 1024)] = Bar.AtLeast(0.9),
    };

    private static readonly (int In, int Out)[] Layers = [(784, 128), (128, 64), (64, 10), (1024, 1024)];

    /// <summary>Measures and reports.</summary>
    /// <param name="isQuick">The seed network's minibatch only, in few rounds.</param>
    public static Section Run(bool isQuick)
    {
        var kernels = Product.Kernels();
        (int Rows, int In, int Out)[] shapes = isQuick
            ? [(64, 784, 128), (64, 128, 64)]
            : [.. new[] { 1, 16, 32, 64, 1024 }.SelectMany(
                rows => Layers.Select(l => (rows, l.In, l.Out))), (512, 1024, 1024), (4096, 4096, 4096)];
        var products = shapes.SelectMany(s => Product.Of(s.Rows, s.In, s.Out, kernels)).ToList();
        var rounds = isQuick ? 11 : 41;
        foreach (var c in products.SelectMany(p => p.Cases)) c.Calibrate();
        List<double> peaks = [];
        for (var round = 0; round < rounds; round++)
        {
            peaks.Add(FmaPeak.MeasureOneCore(TimeProvider.System, runs: 4));
            foreach (var p in products)
                for (var i = 0; i < p.Cases.Count; i++)
                {
                    // Another one begins each time: whoever does finds large operands further away.
                    var c = p.Cases[(i + round) % p.Cases.Count];
                    if (round < LongRounds || c.IsShort) c.Sample();
                }
        }
        var peak = peaks.Max();
        var libraries = kernels.OfType<CblasMatMul>().Select(k => $"{k.Name}: {k.Description}. ");
        return new("Matrix products",
            $"One thread, its FMA peak {peak:F1} GFLOP/s in the same run; shares of that peak, medians, in brackets "
            + "the best. One leaf means that all rows are summed in one chain, as a library may; leaves of "
            + $"{Product.LeafRows} rows are what training sums in the fixed tree. {string.Concat(libraries)}A library "
            + "that is not installed is absent.",
            [
                "product", "rows x in x out", "managed", .. kernels.Skip(1).Select(k => k.Name),
                $"managed, leaves of {Product.LeafRows}", "bar of managed", "fastest library / managed",
            ],
            [.. products.Select(p => Row(p, peak))]);
    }

    private static string[] Row(Product product, double peak)
    {
        var managed = product.Cases[0].Seconds.Median;
        var fastest = product.Cases.Skip(1).SkipLast(1).Select(c => c.Seconds.Median).DefaultIfEmpty(double.NaN).Min();
        return
        [
            product.Name, product.Shape, .. product.Cases.Select(c => Share(product.Flops, c.Seconds, peak)),
            OfPeak.TryGetValue(product.Shape, out var bar)
                ? bar.Judge(product.Flops / managed / 1e9 / peak, Figures.Percent)
                : "",
            OfLibrary.Judge(fastest / managed),
        ];
    }

    private static string Share(double flops, Figures seconds, double peak) =>
        $"{Figures.Percent(flops / seconds.Median / 1e9 / peak)} "
        + $"({Figures.Percent(flops / seconds.Least / 1e9 / peak)})";
}
