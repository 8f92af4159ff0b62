using System.CommandLine;
using ActorTrain.Host.Configuration;

namespace ActorTrain.Host.Commands;

/// <summary><c>actortrain train</c>: its options. What it does is <see cref="Training"/>.</summary>
internal static class TrainCommand
{
    /// <summary>The command with an option for every setting.</summary>
    public static Command Create()
    {
        var config = new Option<string>("--config")
        {
            HelpName = "FILE",
            Description = "JSON configuration, for example one of configs/",
        };
        var resume = new Option<string>("--resume")
        {
            HelpName = "RUN",
            Arity = ArgumentArity.ZeroOrOne,
            Description = "go on from a checkpoint file or a run's folder (default: --out, or the newest run); with "
                + "another --out, there",
        };
        var replay = new Option<string>("--replay-schedule")
        {
            HelpName = "FILE",
            Description = "compute a run again from its schedule.jsonl, with the same bits; it names recipe and data",
        };
        var settings = new SettingOptions(Setting.Training, Setting.Cluster.Without("Role").Without("Through"));
        const string description = "Train a model; without options 784-128-64-10 on MNIST for 5 epochs.";
        var command = new Command("train", description) { config, resume, replay };
        settings.AddTo(command);
        command.SetAction((parsed, cancellation) =>
        {
            var configuration = settings.Read(parsed, parsed.GetValue(config));
            var read = TrainSettings.Read(configuration);
            if (read is { Shards: 0, Nodes: 0 })
                throw new UsageException(
                    "Training:Shards (--shards) is '0'; give 1 or more, or --nodes N to train on worker nodes only.");
            var node = NodeSettings.Read(configuration);
            if (read.Nodes == 0 && node.Cluster.ParameterServers > 0)
                throw new UsageException(
                    $"Cluster:ParameterServers (--parameter-servers) is '{node.Cluster.ParameterServers}'; give it "
                    + "with --nodes N: the parameters are split for worker nodes.");
            var isResumed = parsed.GetResult(resume) is not null;
            if (parsed.GetValue(replay) is { } schedule)
            {
                return isResumed
                    ? throw new UsageException(
                        "--replay-schedule: a schedule is replayed from its beginning; leave --resume out.")
                    : new ScheduleReplay(read, schedule).Run(cancellation);
            }
            return new Training(read, node, isResumed, parsed.GetValue(resume))
                .Run(cancellation);
        });
        return command;
    }
}
