using System.Runtime.InteropServices;
using ActorTrain.Kernels;

namespace ActorTrain.Benchmarks.Report;

/// <summary>The machine that the figures are of, and its limit.</summary>
internal static class Machine
{
    private const int PeakRuns = 100;

    /// <summary>In words.</summary>
    public static string Description => string.Join(", ",
        Processor(), $"{Environment.ProcessorCount} cores", $"vectors of {VectorWidth.Bits} bits",
        RuntimeInformation.OSDescription, RuntimeInformation.FrameworkDescription);

    /// <summary>The FMA peak of so many cores that work at once, in GFLOP/s.</summary>
    public static double Peak(int cores)
    {
        var peaks = new double[cores];
        using var start = new Barrier(cores);
        // Each is started before any measures, so that none has a core to itself.
        var threads = Enumerable.Range(0, cores).Select(i => new Thread(() =>
        {
            start.SignalAndWait();
            peaks[i] = FmaPeak.MeasureOneCore(TimeProvider.System, PeakRuns);
        })).ToList();
        threads.ForEach(t => t.Start());
        threads.ForEach(t => t.Join());
        return peaks.Sum();
    }

    private static string Processor()
    {
        const string info = "/proc/cpuinfo";
        var line = File.Exists(info)
            ? File.ReadLines(info).FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal))
            : null;
        return line?[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim()
            ?? $"{RuntimeInformation.ProcessArchitecture}";
    }
}
