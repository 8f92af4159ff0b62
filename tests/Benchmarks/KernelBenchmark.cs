using System.Diagnostics;
using ActorTrain.Kernels;

namespace ActorTrain.Benchmarks;

/// <summary>
/// Times the managed kernel on one thread. Rounds are interleaved over all products and the peak, so that a noisy
/// moment hits all of them; medians are reported.
/// </summary>
internal static class KernelBenchmark
{
    private const int Rounds = 41;
    private const double SecondsPerSample = 0.001;

    public static void Run()
    {
        var cases = Cases(new ManagedMatMul()).ToArray();
        foreach (var c in cases) c.Calibrate();
        var peaks = new List<double>();
        for (var round = 0; round < Rounds; round++)
        {
            peaks.Add(FmaPeak.MeasureOneCore(TimeProvider.System, runs: 4));
            foreach (var c in cases) c.Sample();
        }
        var peak = peaks.Max();
        var usual = peaks.Order().ElementAt(Rounds / 2);
        Console.WriteLine($"managed, {VectorWidth.Bits} bits, one thread");
        Console.WriteLine($"FMA peak of the core: {peak:F1} GFLOP/s at best, {usual:F1} in the median");
        Console.WriteLine("product             rows x in x out   leaves         us   GFLOP/s  of peak     best");
        foreach (var c in cases)
        {
            var gflops = c.Flops / c.MedianSeconds / 1e9;
            var best = c.Flops / c.BestSeconds / 1e9;
            var what = $"{c.Product,-20}{c.Shape,-16}{c.Leaves,8}{c.MedianSeconds * 1e6,11:F2}";
            Console.WriteLine($"{what}{gflops,10:F1}{gflops / peak,9:P1}{best / peak,9:P1}");
        }
    }

    private static IEnumerable<Case> Cases(IMatMul kernel)
    {
        (int In, int Out)[] layers = [(784, 128), (128, 64), (64, 10), (1024, 1024)];
        foreach (var rows in new[] { 1, 16, 32, 64, 1024 })
            foreach (var (inputs, outputs) in layers)
            {
                int[] leaves = rows <= 16 ? [rows] : [.. Enumerable.Repeat(16, rows / 16)];
                Memory<float> x = Values(rows * inputs), w = Values(inputs * outputs), y = Values(rows * outputs),
                    bias = Values(outputs);
                Memory<float> forward = Values(rows * outputs), dx = Values(rows * inputs),
                    dw = Values(inputs * outputs);
                var shape = $"{rows}x{inputs}x{outputs}";
                var flops = 2.0 * rows * inputs * outputs;
                yield return new Case("Multiply", shape, leaves.Length, flops, () =>
                    kernel.Multiply(new(x.Span, rows, inputs), new(w.Span, inputs, outputs), bias.Span,
                        new(forward.Span, rows, outputs), leaves));
                yield return new Case("TransposedMultiply", shape, leaves.Length, flops, () =>
                    kernel.TransposedMultiply(new(x.Span, rows, inputs), new(y.Span, rows, outputs),
                        new(dw.Span, inputs, outputs), leaves));
                yield return new Case("MultiplyTransposed", shape, leaves.Length, flops, () =>
                    kernel.MultiplyTransposed(new(y.Span, rows, outputs), new(w.Span, inputs, outputs),
                        new(dx.Span, rows, inputs), leaves));
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

    private sealed class Case(string product, string shape, int leaves, double flops, Action call)
    {
        private readonly List<double> _seconds = [];
        private int _repeats = 1;

        public string Product => product;
        public string Shape => shape;
        public int Leaves => leaves;
        public double Flops => flops;
        public double MedianSeconds => _seconds.Order().ElementAt(_seconds.Count / 2);

        public double BestSeconds => _seconds.Min();

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
