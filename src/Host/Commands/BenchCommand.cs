using System.CommandLine;
using System.Globalization;
using ActorTrain.Kernels;

namespace ActorTrain.Host.Commands;

/// <summary><c>actortrain bench</c>: what this machine can do.</summary>
internal static class BenchCommand
{
    private const int Runs = 400;

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var peak = new Command("peak", "The float32 FMA peak of one core and of all cores, in GFLOP/s.");
        peak.SetAction(_ =>
        {
            var one = FmaPeak.MeasureOneCore(TimeProvider.System, Runs);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"one core: {one:F0} GFLOP/s ({VectorWidth.Bits}-bit vectors)"));
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"all cores: {AllCores(Environment.ProcessorCount):F0} GFLOP/s"));
            return 0;
        });
        return new Command("bench", "Measure this machine.") { peak };
    }

    /// <summary>The FMA peak of so many cores that work at once, in GFLOP/s.</summary>
    public static double AllCores(int cores)
    {
        var peaks = new double[cores];
        // Each is started before any measures, so that none has a core to itself.
        using var start = new Barrier(cores);
        var threads = Enumerable.Range(0, cores).Select(i => new Thread(() =>
        {
            start.SignalAndWait();
            peaks[i] = FmaPeak.MeasureOneCore(TimeProvider.System, Runs);
        })).ToList();
        threads.ForEach(t => t.Start());
        threads.ForEach(t => t.Join());
        return peaks.Sum();
    }
}
