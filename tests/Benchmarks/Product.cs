using System.Diagnostics;
using ActorTrain.Benchmarks.Report;
using ActorTrain.Kernels;

namespace ActorTrain.Benchmarks;

/// <summary>A matrix product of a layer, and how long the kernels that are here take for it.</summary>
/// <param name="Name">Which of the three.</param>
/// <param name="Shape">Rows, features in, features out.</param>
/// <param name="Flops">Operations.</param>
/// <param name="Cases">
/// Each kernel with all rows in one chain, as a library may sum them; last, the managed one with the fixed tree's
/// leaves.
/// </param>
internal sealed record Product(string Name, string Shape, double Flops, IReadOnlyList<Case> Cases)
{
    /// <summary>Rows of a leaf of the fixed tree.</summary>
    public const int LeafRows = 16;

    /// <summary>The managed kernel, and the libraries that are installed.</summary>
    public static IReadOnlyList<IMatMul> Kernels()
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

    /// <summary>A shape in words.</summary>
    public static string ShapeOf(int rows, int inputs, int outputs) => $"{rows}x{inputs}x{outputs}";

    /// <summary>The products of a layer: forward, weight gradient, input gradient.</summary>
    public static IEnumerable<Product> Of(int rows, int inputs, int outputs, IReadOnlyList<IMatMul> kernels)
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
            return new(name, ShapeOf(rows, inputs, outputs), 2.0 * rows * inputs * outputs,
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
}

/// <summary>One kernel's product, timed.</summary>
/// <param name="call">Does it.</param>
internal sealed class Case(Action call)
{
    private const double SecondsPerSample = 0.001;

    private const int WarmUps = 20;

    // What takes longer is sampled a few times only.
    private const double LongSeconds = 0.02;

    private readonly List<double> _seconds = [];
    private int _repeats = 1;

    /// <summary>What was measured.</summary>
    public Figures Seconds => new(_seconds);

    /// <summary>True where many samples cost little.</summary>
    public bool IsShort => _repeats > 1 || _seconds.Count == 0 || _seconds[0] < LongSeconds;

    /// <summary>
    /// Warms up, and finds how often to repeat the call in a sample: by the fastest of some, for the first ones are
    /// compiled, and find the core's wide vectors asleep.
    /// </summary>
    public void Calibrate()
    {
        var (fastest, sum) = (double.PositiveInfinity, 0.0);
        for (var i = 0; i < WarmUps && (i < 2 || sum < SecondsPerSample); i++)
        {
            var time = Time(1);
            (fastest, sum) = (Math.Min(fastest, time), sum + time);
        }
        _repeats = Math.Max(1, (int)(SecondsPerSample / fastest));
    }

    /// <summary>
    /// Measures once. A call before it does not count: whoever comes first would pay for operands that another product
    /// has driven from the cache.
    /// </summary>
    /// <returns>Seconds of a call.</returns>
    public double Sample()
    {
        if (IsShort) call();
        _seconds.Add(Time(_repeats));
        return _seconds[^1];
    }

    private double Time(int repeats)
    {
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < repeats; i++) call();
        return Stopwatch.GetElapsedTime(start).TotalSeconds / repeats;
    }
}
