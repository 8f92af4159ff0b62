using System.CommandLine;
using System.Net;
using System.Net.Sockets;
using ActorTrain.Actors;
using ActorTrain.Host.Configuration;
using ActorTrain.Host.Runs;

namespace ActorTrain.Host.Commands;

/// <summary><c>actortrain up</c>: a whole cluster of processes on this machine, for trying out.</summary>
internal static class UpCommand
{
    private const string Loopback = "127.0.0.1";

    /// <summary>
    /// The command: the run's server, with its progress, is this process; workers and stand-bys are children of it.
    /// </summary>
    public static Command Create()
    {
        var workers = new Option<int>("--workers")
        {
            HelpName = "N",
            Description = "worker processes (default 2)",
            DefaultValueFactory = _ => 2,
        };
        var aggregators = new Option<int>("--aggregators")
        {
            HelpName = "N",
            Description = "processes that sum for the workers, each for its part of them (default 0)",
        };
        var standbys = new Option<int>("--standbys")
        {
            HelpName = "N",
            Description = "processes that take over when the server is lost (default 0; 2 make sense)",
        };
        var holders = new Option<int>("--parameter-servers")
        {
            HelpName = "N",
            Description = "processes that hold a range of the parameters each (default 0: the server holds them)",
        };
        var config = new Option<string>("--config")
        {
            HelpName = "FILE",
            Description = "JSON configuration, for example one of configs/",
        };
        var settings = new SettingOptions(Setting.Training.Without("Nodes").With(new(
            "Shards", "--shards", "N",
            "data shards of the server (default 1; 0 with --parameter-servers); each worker has one")));
        const string description =
            "Start a whole cluster of processes on this machine and train on it; Ctrl-C stops it all.";
        var command = new Command("up", description) { workers, aggregators, standbys, holders, config };
        settings.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            var training = TrainSettings.Read(settings.Read(parsed, parsed.GetValue(config)));
            var workerCount = Within("--workers", parsed.GetValue(workers), 1, 64);
            var aggregatorCount = Within("--aggregators", parsed.GetValue(aggregators), 0, workerCount);
            var standbyCount = Within("--standbys", parsed.GetValue(standbys), 0, 64);
            var holderCount = Within("--parameter-servers", parsed.GetValue(holders), 0, 64);
            if (aggregatorCount > 0 && holderCount > 0)
                throw new UsageException("--aggregators and --parameter-servers do not go together; give one of them.");
            var shards = training.Shards ?? (holderCount > 0 ? 0 : 1);
            var ports = FreePorts(1 + standbyCount);
            var seeds = string.Join(',', ports.Select(port => $"{Loopback}:{port}"));
            var cluster = new ClusterSettings
            {
                Host = Loopback,
                Port = ports[0],
                SeedNodes = [.. seeds.Split(',')],
                Name = "server",
                ParameterServers = holderCount,
            };
            using var children = new ChildNodes();
            var asked = training with
            {
                Nodes = aggregatorCount > 0 ? aggregatorCount : workerCount,
                Shards = shards,
            };
            return await new Training(asked, new NodeSettings(cluster), onBegin: say =>
            {
                for (var i = 1; i <= standbyCount; i++)
                {
                    var folder = Path.Combine(RunFolder.Default, $"standby-{i}-{ports[i]}");
                    children.Start(say, [
                        "--role", "server", "--name", $"standby-{i}", "--port", $"{ports[i]}",
                        "--seed-node", seeds, "--shards", $"{shards}", "--out", folder,
                        "--parameter-servers", $"{holderCount}", .. SameOf(training),
                    ]);
                }
                for (var i = 1; i <= holderCount; i++)
                    children.Start(say, [
                        "--role", "ps", "--name", $"ps-{i}", "--seed-node", seeds, .. LayersOf(training),
                    ]);
                for (var i = 0; i < aggregatorCount; i++)
                    children.Start(say, [
                        "--role", "aggregator", "--name", $"aggregator-{i + 1}", "--seed-node", seeds, "--shards", "0",
                        "--nodes", $"{(workerCount + aggregatorCount - 1 - i) / aggregatorCount}", .. SameOf(training),
                    ]);
                for (var i = 0; i < workerCount; i++)
                    children.Start(say, [
                        "--role", "worker", "--name", $"worker-{i + 1}", "--seed-node", seeds, "--shards", "1",
                        .. aggregatorCount == 0
                            ? []
                            : new[] { "--through", $"aggregator-{(i % aggregatorCount) + 1}" },
                        .. SameOf(training),
                    ]);
            }).Run(cancellation);
        });
        return command;
    }

    private static string[] SameOf(TrainSettings training) =>
    [
        .. training.Data is { } data ? new[] { "--data", data } : [],
        .. training.Validation is { } count ? new[] { "--validation", $"{count}" } : [],
        .. LayersOf(training),
    ];

    private static string[] LayersOf(TrainSettings training) =>
        training.LayersFrom is { } files ? ["--layers", files] : [];

    private static int Within(string option, int count, int least, int most) => count >= least && count <= most
        ? count
        : throw new UsageException($"{option} is {count}; give {least} to {most}.");

    // All are held until each is known, so that no two are the same.
    private static int[] FreePorts(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Parse(Loopback), 0)).ToList();
        try
        {
            listeners.ForEach(l => l.Start());
            return [.. listeners.Select(l => ((IPEndPoint)l.LocalEndpoint).Port)];
        }
        finally
        {
            listeners.ForEach(l => l.Stop());
        }
    }
}
