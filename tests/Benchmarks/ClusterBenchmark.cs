using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using ActorTrain.Benchmarks.Peers;
using ActorTrain.Benchmarks.Report;

namespace ActorTrain.Benchmarks;

/// <summary>
/// A step of two processes that both compute, side by side with PyTorch's DistributedDataParallel over gloo at the same
/// total minibatch of 64, and of a server with more and more workers. The contenders take turns, so that a noisy moment
/// hits all.
/// </summary>
internal static class ClusterBenchmark
{
    private const int BatchSize = 64;
    private const int StepsPerEpoch = 200;
    private static readonly int[] Workers = [1, 2, 4, 8];
    private static readonly Bar OfGloo = Bar.AtLeast(2);

    // The first epochs of each run warm up.
    private static readonly (string Hidden, int Turns, int Epochs)[] Networks =
        [("128,64", 3, 8), ("1024,1024", 2, 4)];

    /// <summary>Measures and reports.</summary>
    /// <param name="peers">The folder with the peers; none: without them.</param>
    public static Section Run(string? peers)
    {
        var (peer, rows) = (Peer.DdpGloo(peers), new List<string[]>());
        using var data = Data(StepsPerEpoch);
        foreach (var (hidden, turns, epochs) in Networks)
        {
            var figures = Turns.Take(turns,
            [
                () => StepsOf(new(data.Path, hidden, epochs, Workers: 1, ServerShards: 1)),
                () => StepsOf(new(data.Path, hidden, epochs, Workers: 2, ServerShards: 0)),
                () => peer.Steps(data.Path, "--world", "2", "--hidden", hidden, "--epochs", $"{epochs}"),
            ]);
            rows.Add(
            [
                hidden, .. figures.Select(f => $"{f}"), OfGloo.Judge(figures[2].Median / figures[0].Median),
            ]);
        }
        return new("A cluster's step beside PyTorch DDP over gloo",
            $"Processes on loopback, one thread of computation each, a total minibatch of {BatchSize}, microseconds a "
            + $"step of epochs of {StepsPerEpoch} steps after those that warm up, {peer.Name}. Three processes on two "
            + "cores only share the cores: that column says that nothing collapses.",
            [
                "hidden", "server and worker, a shard each", "server with two workers", "DDP over gloo, world 2",
                "DDP / server and worker",
            ],
            rows);
    }

    /// <summary>A server that only serves, and more and more workers.</summary>
    public static Section Growth()
    {
        const string hidden = "128,64";
        using var data = Data(StepsPerEpoch);
        var figures = Turns.Take(2,
        [
            .. Workers.Select<int, Func<IEnumerable<double>>>(workers => () => StepsOf(
                new(data.Path, hidden, Epochs: 6, workers, ServerShards: 0, "--microbatches", "16"))),
        ]);
        return new("Growth: worker processes",
            $"Hidden {hidden}, a minibatch of {BatchSize} in 16 microbatches, a shard each, "
            + $"{Environment.ProcessorCount} cores: more processes than cores can only share them. What must not "
            + "happen is a collapse.",
            ["worker processes", "µs a step", "of the one with 1"],
            [
                .. Workers.Zip(figures, (w, f) => new[]
                {
                    $"{w}", $"{f}", Figures.Short(f.Median / figures[0].Median),
                }),
            ])
        {
            Pictures =
            [
                ("A step by worker processes", "growth-workers.png", Chart.Png(
                    "A step by worker processes", "worker processes", "µs a step",
                    ("a step", [.. Workers.Zip(figures, (w, f) => ((double)w, f.Median))]))),
            ],
        };
    }

    /// <summary>Seconds of the steps of each epoch of a run, workers with a shard each.</summary>
    public static IEnumerable<double> EpochsOf(ClusterRun run)
    {
        using var folder = new TemporaryFolder();
        var (port, children) = (FreePort(), new List<Process>());
        try
        {
            for (var i = 0; i < run.Workers; i++)
                children.Add(ProgramFile.Start(
                    "node", "--data", run.Data, "--role", "worker", "--seed-node", $"127.0.0.1:{port}",
                    "--shards", "1", "--until-input-ends"));
            ProgramFile.Run([
                "train", "--data", run.Data, "--nodes", $"{run.Workers}", "--port", $"{port}",
                "--shards", $"{run.ServerShards}", "--hidden", run.Hidden, "--epochs", $"{run.Epochs}",
                "--out", folder.File("run"), .. run.Options,
            ]);
            return ProgramFile.EpochsOf(folder.File("run")).Select(e => e.Seconds).ToList();
        }
        finally
        {
            foreach (var child in children)
            {
                child.Kill();
                child.Dispose();
            }
        }
    }

    private static TemporaryFolder Data(int steps)
    {
        var folder = new TemporaryFolder();
        IdxFolder.WriteCompressed(
            folder.Path, Subset.Of(Dataset.Mnist(), steps * BatchSize, TrainingPlan.EvaluationRows));
        return folder;
    }

    // After a second of compiling all is as fast as it gets; an epoch of the small network is shorter.
    private static IEnumerable<double> StepsOf(ClusterRun run) =>
        EpochsOf(run).Skip(run.Epochs / 3).Select(seconds => seconds * 1e6 / StepsPerEpoch);

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}

/// <summary>A run of a server and workers on this machine.</summary>
/// <param name="Data">A folder.</param>
/// <param name="Hidden">Features of the hidden layers.</param>
/// <param name="Epochs">How many.</param>
/// <param name="Workers">Processes with a shard each.</param>
/// <param name="ServerShards">0: it only serves.</param>
/// <param name="Options">More of the server.</param>
internal sealed record ClusterRun(
    string Data, string Hidden, int Epochs, int Workers, int ServerShards, params string[] Options);
