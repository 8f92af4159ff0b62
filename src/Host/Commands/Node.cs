using ActorTrain.Actors;
using ActorTrain.Checkpoints;
using ActorTrain.Host.Configuration;
using ActorTrain.Host.Hosting;
using ActorTrain.Host.Interruption;
using ActorTrain.Host.Runs;
using ActorTrain.Host.Terminal;
using ActorTrain.Server;
using Microsoft.Extensions.DependencyInjection;

namespace ActorTrain.Host.Commands;

/// <summary>
/// What <c>actortrain node</c> does: takes part in a cluster until it is stopped. Out of its cluster (paused for long,
/// or cut off), it comes back as a new node.
/// </summary>
internal sealed class Node(string role, TrainSettings settings, NodeSettings node)
{
    private static readonly TimeSpan BeforeComingBack = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan BeforeSayingThatItWaits = TimeSpan.FromSeconds(5);

    private bool _isRunOver;
    private volatile bool _isInRun;

    /// <summary>Runs until the run is over (as a server) or the first Ctrl-C.</summary>
    /// <returns>The exit code: 1 when the run failed, or the node could not take part.</returns>
    public async Task<int> Run(CancellationToken cancellation)
    {
        if (NodePorts.Trouble(node.Cluster with { Roles = [role] }) is { } trouble) throw new FailureException(trouble);
        var (training, log) = await Job();
        using var closed = log;
        var job = new NodeJob
        {
            Cluster = node.Cluster with { Roles = [role] },
            Identity = node.LoadIdentity(),
            WorkersToBegin = settings.Nodes,
            Training = training,
        };
        var errors = job.Errors().ToList();
        if (errors.Count > 0) throw new UsageException(string.Join('\n', errors));
        using var interrupt = new InterruptListener(Say, role switch
        {
            ClusterSettings.ServerRole => "leaving; a stand-by goes on with the run, if there is one",
            ClusterSettings.HolderRole => "leaving; the run goes back and waits for another one, if it is not over",
            _ => "leaving; its work, if it has any, goes to the others",
        });
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation, interrupt.Stop);
        while (true)
        {
            var end = await RunOnce(job, stop.Token);
            if (stop.IsCancellationRequested) return 0;
            var isBack = end is NodeEnd.ServersGone
                or NodeEnd.OutOfCluster { Reason: ClusterEndReason.Downed or ClusterEndReason.Quarantined };
            // A server that is gone after its run is no news.
            if (!isBack || !_isRunOver) Say(NodeText.End(end));
            switch (end)
            {
                case var _ when isBack:
                    if (!_isRunOver) Say("coming back as a new node");
                    job = job with { Cluster = job.Cluster with { FormsClusterAlone = false } };
                    await Task.Delay(BeforeComingBack, stop.Token).ContinueWith(_ => { }, TaskScheduler.Default);
                    break;
                case NodeEnd.RunEnded { Outcome.Phase: not RunPhase.Failed }
                    or NodeEnd.RunOver { Heard.Phase: not RunPhase.Failed }:
                    return 0;
                default:
                    return 1;
            }
        }
    }

    private async Task<NodeEnd> RunOnce(NodeJob job, CancellationToken stop)
    {
        _isInRun = false;
        using var host = TrainingHost.Build(services => services.AddActorTrainNode(job));
        await host.StartAsync(CancellationToken.None);
        var clusterNode = host.Services.GetRequiredService<ClusterNode>();
        var stopped = new TaskCompletionSource();
        await using var onStop = stop.Register(stopped.SetResult);
        var end = Task.WhenAny(clusterNode.Completion, stopped.Task);
        var isQuiet = role != ClusterSettings.ServerRole
            && await Task.WhenAny(end, Task.Delay(BeforeSayingThatItWaits, CancellationToken.None)) != end;
        if (isQuiet && !_isInRun && !_isRunOver) Say(NodeText.Waiting(job.Cluster));
        await end;
        await host.StopAsync(CancellationToken.None);
        return await clusterNode.Completion;
    }

    private async Task<(TrainingJob Job, RunLog? Log)> Job()
    {
        var training = new TrainingJob
        {
            Layers = settings.Layers,
            LoadData = _ => DataOption.Load(settings.Data, settings.Validation),
            Shards = settings.Shards
                ?? (role == ClusterSettings.ServerRole ? node.ServerShards : Environment.ProcessorCount),
            OnEvent = Show,
        };
        if (role != ClusterSettings.ServerRole) return (training, null);
        // A server may be the first one: then it begins the run of its configuration.
        var data = await training.LoadData(CancellationToken.None);
        var recipe = settings.NewRecipe(data);
        var initial = InitOption.Read(settings.Init, recipe.Model, settings.Layers);
        if (initial is not null) recipe = recipe with { InitialSha256 = initial.Sha256() };
        InitOption.Check(recipe, initial);
        var folder = settings.Out is { } path
            ? new RunFolder(path)
            : RunFolder.Create(settings, recipe, DateTimeOffset.Now);
        var log = new RunLog(folder.In(RunFolder.Events), TimeProvider.System, settings.TensorBoard);
        training = training with
        {
            Recipe = recipe,
            LoadData = _ => Task.FromResult(data),
            KeepsEnd = !settings.SaysEnd,
            InitialParameters = initial,
            Checkpoints = new CheckpointFolder(
                folder.Checkpoints, settings.KeepCheckpoints ?? Training.KeepCheckpoints),
            OnEvent = e =>
            {
                log.Add(e);
                Show(e);
            },
        };
        return (training, log);
    }

    private void Show(TrainingEvent @event)
    {
        if (@event is RunOverHeard or NodeWelcomed) _isRunOver = @event is RunOverHeard;
        if (@event is NodeWelcomed or RangeTaken) _isInRun = true;
        if (NodeText.Event(@event) is { } line) Say(line);
    }

    private void Say(string text) => Console.WriteLine($"{node.Cluster.Name}: {text}");
}
