using System.CommandLine;
using ActorTrain.Actors;
using ActorTrain.Host.Configuration;
using ActorTrain.Host.Terminal;

namespace ActorTrain.Host.Commands;

/// <summary><c>actortrain node</c>: its options. What it does is <see cref="Node"/>.</summary>
internal static class NodeCommand
{
    /// <summary>The command with an option for every setting.</summary>
    public static Command Create()
    {
        var config = new Option<string>("--config")
        {
            HelpName = "FILE",
            Description = "JSON configuration, for example one of configs/",
        };
        var untilInputEnds = new Option<bool>("--until-input-ends")
        {
            Description = "stop when standard input ends, with whoever started it",
        };
        var settings = new SettingOptions(Setting.Training.Without("Report"), Setting.Cluster);
        var command = new Command("node", "Be a node of a training cluster, until it is stopped or its run is over.")
        {
            config,
            untilInputEnds,
        };
        settings.AddTo(command);
        command.SetAction((parsed, cancellation) =>
        {
            RunOutput.LetFail();
            var configuration = settings.Read(parsed, parsed.GetValue(config));
            var named = configuration["Cluster:Role"];
            if (named is not (ClusterSettings.ServerRole or ClusterSettings.WorkerRole
                or ClusterSettings.AggregatorRole or ClusterSettings.HolderRole))
                throw new UsageException(
                    $"Cluster:Role (--role) is '{named}'; give server, worker, aggregator or ps.");
            var node = new Node(named, TrainSettings.Read(configuration), NodeSettings.Read(configuration, named));
            return parsed.GetValue(untilInputEnds) ? node.Run(InputEnd()) : node.Run(cancellation);
        });
        return command;
    }

    private static CancellationToken InputEnd()
    {
        var end = new CancellationTokenSource();
        new Thread(() =>
        {
            while (Console.In.Read() >= 0)
            {
            }
            end.Cancel();
        })
        { IsBackground = true, Name = "input" }.Start();
        return end.Token;
    }
}
