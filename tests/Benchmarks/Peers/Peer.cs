using System.Diagnostics;
using System.Globalization;

namespace ActorTrain.Benchmarks.Peers;

/// <summary>
/// Another trainer, run as a process that prints a line for each epoch which ends in <c>N us/step</c>.
/// </summary>
/// <param name="Name">For the report.</param>
/// <param name="File">The program; the peer is absent where it is.</param>
/// <param name="Command">How to run it.</param>
internal sealed record Peer(string Name, string File, params string[] Command)
{
    /// <summary>libtorch through TorchSharp.</summary>
    public static Peer TorchSharp(string? folder) =>
        Of("libtorch (TorchSharp)", folder, "torchsharp/run.sh", "/usr/bin/env", "bash");

    /// <summary>The same with more networks (<c>--model</c>), which lies beside this program.</summary>
    public static Peer Networks() => TorchSharp(Path.Combine(AppContext.BaseDirectory, "Peers"));

    /// <summary>PyTorch's DistributedDataParallel over gloo.</summary>
    public static Peer DdpGloo(string? folder) => Of("DDP over gloo", folder, "ddp_gloo.py", "/usr/bin/python3");

    /// <summary>False: it can't be run here.</summary>
    public bool IsPresent => System.IO.File.Exists(File);

    /// <summary>Microseconds a step of each epoch but the first, which warms up; none where it is absent.</summary>
    public IReadOnlyList<double> Steps(params IEnumerable<string> options)
    {
        if (!IsPresent) return [];
        var start = new ProcessStartInfo(Command[0], [
            .. Command.Skip(1), File, Path.GetFullPath(Dataset.FindMnist()), .. options
        ])
        {
            RedirectStandardOutput = true,
        };
        start.Environment["OMP_NUM_THREADS"] = "1";
        using var process = Process.Start(start)!;
        var lines = process.StandardOutput.ReadToEnd().Split('\n')
            .Where(l => l.Contains("us/step", StringComparison.Ordinal));
        process.WaitForExit();
        return [.. lines.Skip(1).Select(StepOf)];
    }

    private static Peer Of(string name, string? folder, string file, params string[] command) =>
        new(name, folder is null ? "" : Path.Combine(folder, file), command);

    private static double StepOf(string line)
    {
        var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var unit = Array.FindIndex(words, w => w.StartsWith("us/step", StringComparison.Ordinal));
        return double.Parse(words[unit - 1], CultureInfo.InvariantCulture);
    }
}
