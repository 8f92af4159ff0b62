using ActorTrain.Benchmarks.Report;
using ActorTrain.Kernels;

namespace ActorTrain.Benchmarks;

/// <summary>
/// Times the matrix products of the kernels that are here, on one thread. Rounds are interleaved over all of them and
/// the peak, so that a noisy moment hits all.
/// </summary>
internal static class KernelBenchmark
{
    private const int LongRounds = 5;

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
            foreach (var c in products.SelectMany(p => p.Cases))
                if (round < LongRounds || c.IsShort) c.Sample();
        }
        var peak = peaks.Max();
        return new("Matrix products",
            $"One thread, its FMA peak {peak:F1} GFLOP/s in the same run; shares of that peak, medians, in brackets "
            + "the best. One leaf "
            + $"means that all rows are summed in one chain, as a library may; leaves of {Product.LeafRows} rows are "
            + "what training sums in the "
            + "fixed tree. A library that is not installed is absent.",
            ["product",
                "rows x in x out", "managed", .. kernels.Skip(1).Select(k => k.Name),
                $"managed, leaves of {Product.LeafRows}"],
            [.. products.Select(p => Row(p, peak))]);
    }

    private static string[] Row(Product product, double peak) =>
        [product.Name, product.Shape, .. product.Cases.Select(c => Share(product.Flops, c.Seconds, peak))];

    private static string Share(double flops, Figures seconds, double peak) =>
        $"{Figures.Percent(flops / seconds.Median / 1e9 / peak)} "
        + $"({Figures.Percent(flops / seconds.Least / 1e9 / peak)})";
}
