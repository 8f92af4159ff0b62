using System.Diagnostics;
using ActorTrain.Benchmarks.Report;
using ActorTrain.Kernels;

namespace ActorTrain.Benchmarks;

/// <summary>
/// Times the matrix products of the kernels that are here, on one thread. Rounds are interleaved over all of them and
/// the peak, so that a noisy moment hits all.
/// </summary>
internal static class KernelBenchmark
{
    private const double SecondsPerSample = 0.001;

    // A product that takes longer is sampled a few times only.
    private const double LongSeconds = 0.02;
    private const int LongRounds = 5;
    private const int LeafRows = 16;

    private static readonly (int In, int Out)[] Layers = [(784, 128), (128, 64), (64, 10), (1024, 1024)];

    /// <summary>Measures and reports.</summary>
    /// <param name="isQuick">The seed network's minibatch only, in few rounds.</param>
    public static Section Run(bool isQuick)
    {
        var kernels = Present();
        (int Rows, int In, int Out)[] shapes = isQuick
            ? [(64, 784, 128), (64, 128, 64)]
            : [.. new[] { 1, 16, 32, 64, 1024 }.SelectMany(
                rows => Layers.Select(l => (rows, l.In, l.Out))), (512, 1024, 1024), (4096, 4096, 4096)];
        var products = shapes.SelectMany(s => ProductsOf(s.Rows, s.In, s.Out, kernels)).ToList();
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
            + $"means that all rows are summed in one chain, as a library may; leaves of {LeafRows} rows are what "
            + "training sums in the "
            + "fixed tree. A library that is not installed is absent.",
            ["product",
                "rows x in x out", "managed", .. kernels.Skip(1).Select(k => k.Name), $"managed, leaves of {LeafRows}"],
            [.. products.Select(p => p.Row(peak))]);
    }

    private static IReadOnlyList<IMatMul> Present()
    {
        var present = new List<IMatMul> { new ManagedMatMul() };
        foreach (var name in MatMuls.Names.Skip(1))
        {
            try
            {
                present.Add(MatMuls.Create(name));
            }
            catch (KernelUnavailableException e)
            {
                Console.Error.WriteLine($"{name} is absent: {e.Message}");
            }
        }
        return present;
    }

    private static IEnumerable<Product> ProductsOf(int rows, int inputs, int outputs, IReadOnlyList<IMatMul> kernels)
    {
        Memory<float> x = Values(
            rows * inputs), w = Values(inputs * outputs), y = Values(rows * outputs), bias = Values(outputs);
        Memory<float> forward = Values(rows * outputs), dx = Values(rows * inputs), dw = Values(inputs * outputs);
        yield return Of("Multiply", (kernel, leaves) => kernel.Multiply(
            new(x.Span, rows, inputs), new(w.Span, inputs, outputs), bias.Span, new(forward.Span, rows, outputs),
            leaves));
        yield return Of("TransposedMultiply", (kernel, leaves) => kernel.TransposedMultiply(
            new(x.Span, rows, inputs), new(y.Span, rows, outputs), new(dw.Span, inputs, outputs), leaves));
        yield return Of("MultiplyTransposed", (kernel, leaves) => kernel.MultiplyTransposed(
            new(y.Span, rows, outputs), new(w.Span, inputs, outputs), new(dx.Span, rows, inputs), leaves));

        Product Of(string name, Action<IMatMul, int[]> call)
        {
            int[] one = [rows], many = rows <= LeafRows ? one : [.. Enumerable.Repeat(LeafRows, rows / LeafRows)];
            return new(name, $"{rows}x{inputs}x{outputs}", 2.0 * rows * inputs * outputs,
                [.. kernels.Select(k => new Case(() => call(k, one))), new Case(() => call(kernels[0], many))]);
        }
    }

    // Aligned, as the memory of tensors is.
    private static Memory<float> Values(int count)
    {
        var random = new Random(count);
        var values = AlignedMemory.Allocate(count);
        foreach (ref var value in values.Span) value = random.NextSingle() - 0.5f;
        return values;
    }

    private sealed record Product(string Name, string Shape, double Flops, IReadOnlyList<Case> Cases)
    {
        public string[] Row(double peak) => [Name, Shape, .. Cases.Select(c => Share(c.Seconds, peak))];

        private string Share(Figures seconds, double peak) =>
            $"{Figures.Percent(Flops / seconds.Median / 1e9 / peak)} "
            + $"({Figures.Percent(Flops / seconds.Least / 1e9 / peak)})";
    }

    private sealed class Case(Action call)
    {
        private readonly List<double> _seconds = [];
        private int _repeats = 1;

        public Figures Seconds => new(_seconds);

        public bool IsShort => _repeats > 1 || _seconds.Count == 0 || _seconds[0] < LongSeconds;

        public void Calibrate()
        {
            Time(1);
            _repeats = Math.Max(1, (int)(SecondsPerSample / Time(1)));
        }

        public void Sample() => _seconds.Add(Time(_repeats));

        private double Time(int repeats)
        {
            var start = Stopwatch.GetTimestamp();
            for (var i = 0; i < repeats; i++) call();
            return Stopwatch.GetElapsedTime(start).TotalSeconds / repeats;
        }
    }
}
