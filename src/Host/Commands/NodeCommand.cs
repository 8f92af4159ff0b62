using System.CommandLine;
using ActorTrain.Actors;
using ActorTrain.Host.Configuration;

namespace ActorTrain.Host.Commands;

/// <summary><c>actortrain node</c>: its options. What it does is <see cref="Node"/>.</summary>
internal static class NodeCommand
{
    /// <summary>The command with an option for every setting.</summary>
    public static Command Create()
    {
        var role = new Option<string>("--role") { HelpName = "server|worker", Description = "server: lead a run or stand by; worker: compute" };
        var config = new Option<string>("--config") { HelpName = "FILE", Description = "JSON configuration, for example one of configs/" };
        var settings = new SettingOptions(Setting.Training, Setting.Cluster);
        var command = new Command("node", "Be a node of a training cluster, until it is stopped or its run is over.") { role, config };
        settings.AddTo(command);
        command.SetAction((parsed, cancellation) =>
        {
            var configuration = settings.Read(parsed, parsed.GetValue(config));
            var named = parsed.GetValue(role) ?? configuration["Cluster:Role"];
            if (named is not (ClusterSettings.ServerRole or ClusterSettings.WorkerRole))
                throw new UsageException($"Cluster:Role (--role) is '{named}'; give server or worker.");
            return new Node(named, TrainSettings.Read(configuration), NodeSettings.Read(configuration)).Run(cancellation);
        });
        return command;
    }
}
