using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using ActorTrain.Benchmarks.Peers;
using ActorTrain.Benchmarks.Report;

namespace ActorTrain.Benchmarks;

/// <summary>
/// A step of two processes that both compute, side by side with PyTorch's DistributedDataParallel over gloo at the same
/// total minibatch of 64, and of a server with two workers. The contenders take turns, so that a noisy moment hits all.
/// </summary>
internal static class ClusterBenchmark
{
    private const int StepsPerEpoch = 938;

    // The first epoch of each run warms up.
    private static readonly (string Hidden, int Rounds, int Epochs)[] Models = [("128,64", 3, 3), ("1024,1024", 2, 2)];

    /// <summary>Measures and reports.</summary>
    /// <param name="peers">The folder with the peers; none: without them.</param>
    public static Section Run(string? peers)
    {
        var (program, peer, rows) = (ProgramFile.Find(), Peer.DdpGloo(peers), new List<string[]>());
        foreach (var (hidden, rounds, epochs) in Models)
        {
            List<double> one = [], two = [], ddp = [];
            for (var round = 0; round < rounds; round++)
            {
                one.AddRange(StepsOf(program, hidden, epochs, workers: 1, serverShards: 1));
                two.AddRange(StepsOf(program, hidden, epochs, workers: 2, serverShards: 0));
                ddp.AddRange(peer.Steps("--world", "2", "--hidden", hidden, "--epochs", "2"));
            }
            var (ours, theirs) = (new Figures(one), new Figures(ddp));
            rows.Add(
                [hidden, $"{ours}", $"{new Figures(two)}", $"{theirs}", Figures.Short(theirs.Median / ours.Median)]);
        }
        return new("A cluster's step beside PyTorch DDP over gloo",
            "Processes on loopback, one thread of computation each, a total minibatch of 64, microseconds a step, "
            + "epochs after the first "
            + "of runs that took turns. Three processes on two cores only share the cores: that column says that "
            + "nothing collapses.",
            ["hidden", "server and worker, a shard each",
                "server with two workers", "DDP over gloo, world 2", "DDP / server and worker"], rows);
    }

    /// <summary>A server that only serves, and more and more workers.</summary>
    public static Section RunGrowth(string hidden, int epochs, params int[] workers)
    {
        var program = ProgramFile.Find();
        var steps = workers.Select(w =>
            new Figures(StepsOf(program, hidden, epochs, w, serverShards: 0, "--microbatches", "16"))).ToList();
        return new("Worker processes",
            $"Hidden {hidden}, a minibatch of 64 in 16 microbatches, {Environment.ProcessorCount} cores: more "
            + "processes than cores can only share "
            + "them. What must not happen is a collapse.",
            ["worker processes", "µs a step"], [.. workers.Zip(steps, (w, s) => new[] { $"{w}", $"{s}" })])
        {
            Pictures =
            [
                ("A step by worker processes", "growth-workers.png", Chart.Png(
                    "A step by worker processes", "worker processes", "µs a step",
                    ("a step", [.. workers.Zip(steps, (w, s) => ((double)w, s.Median))]))),
            ],
        };
    }

    // The first epoch warms up.
    private static List<double> StepsOf(
        string program, string hidden, int epochs, int workers, int serverShards, params string[] options) =>
    [
        .. EpochsOf(program, "mnist", hidden, epochs, workers, serverShards, options).Skip(1)
            .Select(s => s / StepsPerEpoch * 1e6),
    ];

    /// <summary>Seconds of the steps of each epoch of a run, workers with a shard each.</summary>
    public static List<double> EpochsOf(
        string program, string data, string hidden, int epochs, int workers, int serverShards,
        params string[] options)
    {
        var folder = Directory.CreateTempSubdirectory("actortrain-bench-").FullName;
        var port = FreePort();
        var children = new List<Process>();
        try
        {
            for (var i = 0; i < workers; i++)
                children.Add(Start("dotnet", [
                    program, "node", "--data", data,
                    "--role", "worker", "--seed-node", $"127.0.0.1:{port}", "--shards", "1", "--until-input-ends"
                ]));
            using var server = Start("dotnet",
            [
                program, "train", "--data", data,
                "--nodes", $"{workers}", "--port", $"{port}", "--shards", $"{serverShards}", "--hidden", hidden,
                "--epochs", $"{epochs}", "--out", Path.Combine(folder, "run"), .. options,
            ]);
            var output = server.StandardOutput.ReadToEnd();
            server.WaitForExit();
            if (server.ExitCode != 0) throw new InvalidOperationException(output + server.StandardError.ReadToEnd());
            return [.. EpochSeconds(Path.Combine(folder, "run", "events.jsonl"))];
        }
        finally
        {
            foreach (var child in children)
            {
                child.Kill();
                child.Dispose();
            }
            Directory.Delete(folder, recursive: true);
        }
    }

    private static IEnumerable<double> EpochSeconds(string events) =>
        from line in File.ReadAllLines(events)
        let json = JsonDocument.Parse(line).RootElement
        where json.GetProperty("event").GetString() == "EpochDone"
        select json.GetProperty("trainSeconds").GetDouble();

    private static Process Start(string file, IEnumerable<string> arguments) =>
        Process.Start(new ProcessStartInfo(file, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
