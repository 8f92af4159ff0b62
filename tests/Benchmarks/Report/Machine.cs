using System.Runtime.InteropServices;
using ActorTrain.Kernels;

namespace ActorTrain.Benchmarks.Report;

/// <summary>The machine that the figures are of.</summary>
internal static class Machine
{
    /// <summary>In words.</summary>
    public static string Description => string.Join(", ",
        Processor(), $"{Environment.ProcessorCount} cores", $"vectors of {VectorWidth.Bits} bits",
        RuntimeInformation.OSDescription, RuntimeInformation.FrameworkDescription);

    /// <summary>The load average of the last minute; <c>?</c> where the system does not tell it.</summary>
    public static string Load => File.Exists("/proc/loadavg") ? File.ReadAllText("/proc/loadavg").Split(' ')[0] : "?";

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
