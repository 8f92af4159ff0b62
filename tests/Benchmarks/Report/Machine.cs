using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using ActorTrain.Kernels;

namespace ActorTrain.Benchmarks.Report;

/// <summary>The machine that the figures are of.</summary>
internal static class Machine
{
    private const string ProcessorInfo = "/proc/cpuinfo";
    private const string CacheInfo = "/sys/devices/system/cpu/cpu0/cache";

    // Zen 3 and 4: these do not add 512 bits at once.
    private const string HalfWidthFamily = "25";

    /// <summary>In words.</summary>
    public static string Description => string.Join(", ",
    [
        ProcessorInfoOf("model name") ?? $"{RuntimeInformation.ProcessArchitecture}",
        $"{Environment.ProcessorCount} cores", .. Caches(), $"{Instructions} (vectors of {VectorWidth.Bits} bits)",
        RuntimeInformation.OSDescription, RuntimeInformation.FrameworkDescription,
    ]);

    /// <summary>The load average of the last minute; <c>?</c> where the system does not tell it.</summary>
    public static string Load => File.Exists("/proc/loadavg") ? File.ReadAllText("/proc/loadavg").Split(' ')[0] : "?";

    /// <summary>Whose bars are used here, in words.</summary>
    public static string BarsOf => IsWide
        ? "those for Zen 5, which adds vectors of 512 bits at full width as this machine does"
        : "those for Zen 4, which adds vectors of 512 bits at half width, if at all, as this machine does";

    private static bool IsWide { get; } = VectorWidth.Bits == 512
        && (ProcessorInfoOf("vendor_id"), ProcessorInfoOf("cpu family")) != ("AuthenticAMD", HalfWidthFamily);

    /// <summary>A bar that depends on the width of the processor's multiply-adds.</summary>
    public static double ByWidth(double zen4, double zen5) => IsWide ? zen5 : zen4;

    private static string Instructions =>
        Avx512F.IsSupported ? "AVX-512" : Avx2.IsSupported ? "AVX2" : AdvSimd.IsSupported ? "NEON" : "no vector unit";

    private static string? ProcessorInfoOf(string key)
    {
        if (!File.Exists(ProcessorInfo)) return null;
        var line = File.ReadLines(ProcessorInfo)
            .FirstOrDefault(l => l.Split(':')[0].Trim().Equals(key, StringComparison.Ordinal));
        return line?[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
    }

    // Of the first core, without that of instructions.
    private static IEnumerable<string> Caches() => !Directory.Exists(CacheInfo)
        ? []
        : from folder in Directory.GetDirectories(CacheInfo, "index*").Order()
          where Of(folder, "type") != "Instruction"
          select $"L{Of(folder, "level")} of {Of(folder, "size")}";

    private static string Of(string folder, string what) => File.ReadAllText(Path.Combine(folder, what)).Trim();
}
