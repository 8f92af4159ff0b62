using System.Diagnostics;
using System.Globalization;

namespace ActorTrain.Benchmarks.Peers;

/// <summary>
/// Another trainer, run as a process that prints a line for each epoch: its name and version, <c>threads</c> or
/// <c>world</c> and so on, and <c>N us/step</c>.
/// </summary>
internal sealed class Peer
{
    private readonly string _file;
    private readonly string[] _command;

    private Peer(string name, string? folder, string file, params string[] command)
    {
        Name = name;
        _file = folder is null ? "" : Path.Combine(folder, file);
        _command = command;
    }

    /// <summary>libtorch through TorchSharp.</summary>
    public static Peer TorchSharp(string? folder) =>
        new("libtorch", folder, "torchsharp/run.sh", "/usr/bin/env", "bash");

    /// <summary>The same with more networks (<c>--model</c>), which lies beside this program.</summary>
    public static Peer Networks() => TorchSharp(Path.Combine(AppContext.BaseDirectory, "Peers"));

    /// <summary>PyTorch's DistributedDataParallel over gloo.</summary>
    public static Peer DdpGloo(string? folder) => new("DDP gloo torch", folder, "ddp_gloo.py", "/usr/bin/python3");

    /// <summary>For the report; with its version once it has run.</summary>
    public string Name { get; private set; }

    /// <summary>
    /// Microseconds a step of each epoch but the first, which warms up; none where its program is not there.
    /// </summary>
    /// <param name="data">A folder with MNIST's <c>.gz</c> files.</param>
    /// <param name="options">Its own.</param>
    public IReadOnlyList<double> Steps(string data, params IEnumerable<string> options)
    {
        if (!File.Exists(_file)) return [];
        var start = new ProcessStartInfo(_command[0], [.. _command.Skip(1), _file, Path.GetFullPath(data), .. options])
        {
            RedirectStandardOutput = true,
        };
        start.Environment["OMP_NUM_THREADS"] = "1";
        using var process = Process.Start(start)!;
        string[][] lines =
        [
            .. process.StandardOutput.ReadToEnd().Split('\n')
                .Where(l => l.Contains("us/step", StringComparison.Ordinal))
                .Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries)),
        ];
        process.WaitForExit();
        if (lines.Length == 0)
            throw new InvalidOperationException(
                $"{_file} printed no line with us/step and ended with {process.ExitCode}.");
        Name = string.Join(' ', lines[0].TakeWhile(word => word is not ("threads" or "world")));
        return [.. lines.Skip(1).Select(StepOf)];
    }

    private static double StepOf(string[] words)
    {
        var unit = Array.FindIndex(words, w => w.StartsWith("us/step", StringComparison.Ordinal));
        return double.Parse(words[unit - 1], CultureInfo.InvariantCulture);
    }
}
