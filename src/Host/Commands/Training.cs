using System.Diagnostics;
using ActorTrain.Actors;
using ActorTrain.Checkpoints;
using ActorTrain.Host.Configuration;
using ActorTrain.Host.Hosting;
using ActorTrain.Host.Interruption;
using ActorTrain.Host.Runs;
using ActorTrain.Host.Terminal;
using ActorTrain.Kernels;
using ActorTrain.Server;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Spectre.Console;

namespace ActorTrain.Host.Commands;

/// <summary>
/// What <c>actortrain train</c> does: composes a job, runs it in a host, shows it, writes what is left of it.
/// </summary>
/// <param name="settings">What is trained.</param>
/// <param name="node">How it takes part in a cluster, if it does.</param>
/// <param name="isResumed">Whether it goes on from a checkpoint.</param>
/// <param name="resumeFrom">Which; none: of the run's folder, or of the newest run.</param>
/// <param name="onBegin">Told where lines can be shown, before the run begins.</param>
internal sealed class Training(
    TrainSettings settings, NodeSettings node, bool isResumed = false, string? resumeFrom = null,
    Action<Action<string>>? onBegin = null)
{
    /// <summary>How many checkpoints are kept when nobody says otherwise.</summary>
    public const int KeepCheckpoints = 3;

    /// <summary>What a Ctrl-C is answered that comes after a run.</summary>
    public const string ResultsAreBeingWritten =
        "the run is over and its results are being written; press Ctrl-C again to stop at once";

    private double? _secondsToFirstStep;
    private ITrainingDisplay? _display;

    /// <summary>Runs to the end, or to the first Ctrl-C.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> Run(CancellationToken cancellation)
    {
        RunOutput.LetFail();
        var shards = settings.Shards ?? node.ServerShards;
        if (settings.Nodes > 0 && NodePorts.Trouble(node.Cluster) is { } trouble) throw new FailureException(trouble);
        var loading = DataOption.Load(settings.Data, settings.Validation);
        var rehearsing = Task.Run(Rehearsal.Run, cancellation);
        var checkpoint = isResumed
            ? CheckpointLocator.Load(
                "--resume", resumeFrom ?? settings.Out, settings.Layers, Console.Error.WriteLine)
            : null;
        // Here, while other threads decompress the data.
        using var host = settings.Nodes == 0
            ? TrainingHost.Build(services => services.AddActorTrainSystem(_ => shards))
            : null;
        if (host is not null) await host.StartAsync(cancellation);
        var data = await loading;
        await rehearsing;
        var recipe = checkpoint is null ? settings.NewRecipe(data) : Asked(checkpoint, data);
        var initial = InitOption.Read(settings.Init, recipe.Model, settings.Layers);
        if (initial is not null) recipe = recipe with { InitialSha256 = initial.Sha256() };
        if (checkpoint is not null) CheckResumed(checkpoint, recipe, data);
        else InitOption.Check(recipe, initial);
        var refusal = SplitParameters.Refusal(recipe, node.Cluster.ParameterServers, shards);
        if ((recipe.Errors().FirstOrDefault() ?? refusal) is { } error) throw new UsageException(error);
        // Before a folder is made for the run: a kernel that can't be had here is an error now.
        (recipe, var matMul) = ChooseKernel(recipe);
        recipe.CheckFits(data.Description);
        RunFolder.CheckWritable("--report", settings.Report);
        var run = checkpoint is null
            ? RunFolder.Create(settings, recipe, DateTimeOffset.Now)
            : RunFolder.Resumed(settings, recipe, checkpoint, DateTimeOffset.Now);
        var job = new TrainingJob
        {
            Recipe = recipe,
            Layers = settings.Layers,
            LoadData = _ => Task.FromResult(data),
            CreateKernel = _ => matMul,
            Shards = shards,
            Checkpoints = new CheckpointFolder(run.Checkpoints, settings.KeepCheckpoints ?? KeepCheckpoints),
            InitialParameters = initial,
            From = checkpoint?.Contents.State,
        };
        using var events = new RunLog(run.In(RunFolder.Events), TimeProvider.System, settings.TensorBoard);
        // Until all is written: a signal must not leave half of a run's results.
        using var interrupt = new InterruptListener(SayStopping);
        var outcome = await RunShown(job, data, checkpoint, host, events, interrupt, cancellation);
        return RunResults.Write(settings, job, data, run, outcome, _secondsToFirstStep);
    }

    private async Task<TrainingOutcome> RunShown(
        TrainingJob job,
        Dataset data,
        LoadedCheckpoint? checkpoint,
        IHost? host,
        RunLog events,
        InterruptListener interrupt,
        CancellationToken cancellation)
    {
        var recipe = job.Recipe;
        using ITrainingDisplay display = Console.IsOutputRedirected
            ? new PlainDisplay(Console.Out)
            : new BarDisplay(AnsiConsole.Console, recipe.Epochs);
        foreach (var line in Beginning(job, data.Description, data.Name, checkpoint)) display.Line(line);
        onBegin?.Invoke(display.Line);
        job = job with
        {
            OnEvent = e =>
            {
                events.Add(e);
                Show(e, display);
            },
        };
        _display = display;
        try
        {
            return host is not null
                ? await RunHere(host, job, interrupt, cancellation)
                : await RunAsServer(job, interrupt, cancellation);
        }
        finally
        {
            _display = null;
        }
    }

    private static IEnumerable<string> Beginning(
        TrainingJob job, DataDescription data, string name, LoadedCheckpoint? checkpoint)
    {
        var recipe = job.Recipe;
        yield return $"{name}: {data.TrainCount} training and {data.TestCount} test examples; "
            + $"{recipe.Model.Layout.Count} parameters; kernel {recipe.Kernel}, {VectorWidth.Bits}-bit vectors; "
            + $"{job.Shards} shards; seed {recipe.Seed}";
        if (checkpoint is null) yield break;
        var (plan, position) = (new TrainingPlan(recipe, data), checkpoint.Contents.State.Position);
        yield return plan.StepsDone(position) < plan.TotalSteps
            ? $"resumed from {checkpoint.Path} at epoch {position.Epoch + 1}, step {position.Step}"
            : $"{checkpoint.Path} is at the run's end, {plan.TotalSteps} steps: nothing is left to train; "
                + $"to go on, give --epochs {position.Epoch + 1} or more";
    }

    private static async Task<TrainingOutcome> RunHere(
        IHost host, TrainingJob job, InterruptListener interrupt, CancellationToken cancellation)
    {
        using var training = ActivatorUtilities.CreateInstance<TrainingRun>(host.Services, job);
        await training.StartAsync(cancellation);
        await using var onStop = interrupt.Stop.Register(() => _ = training.Stop());
        var outcome = await training.Completion;
        await host.StopAsync(CancellationToken.None);
        return outcome;
    }

    private async Task<TrainingOutcome> RunAsServer(
        TrainingJob job, InterruptListener interrupt, CancellationToken cancellation)
    {
        var nodeJob = new NodeJob
        {
            Cluster = node.Cluster with { Roles = [ClusterSettings.ServerRole] },
            Training = job,
            WorkersToBegin = settings.Nodes,
            Identity = node.LoadIdentity(),
        };
        using var host = TrainingHost.Build(services => services.AddActorTrainNode(nodeJob));
        await host.StartAsync(cancellation);
        var clusterNode = host.Services.GetRequiredService<ClusterNode>();
        await using var onStop = interrupt.Stop.Register(clusterNode.StopRun);
        var end = await clusterNode.Completion;
        await host.StopAsync(CancellationToken.None);
        return end switch
        {
            NodeEnd.RunEnded e => e.Outcome,
            _ => throw new FailureException(NodeText.End(end)),
        };
    }

    private void Show(TrainingEvent @event, ITrainingDisplay display)
    {
        if (@event is StepDone step)
        {
            _secondsToFirstStep ??= SecondsSinceProcessStart();
            display.Step(step);
        }
        else if (NodeText.Event(@event) is { } line)
        {
            display.Line(line);
        }
    }

    private void SayStopping(string text)
    {
        if (_display is { } display) display.Line(text);
        else Console.WriteLine(ResultsAreBeingWritten);
    }

    private static double SecondsSinceProcessStart()
    {
        using var process = Process.GetCurrentProcess();
        return (DateTime.Now - process.StartTime).TotalSeconds;
    }

    // The recipe of a run that goes on, with what the settings ask for.
    private Recipe Asked(LoadedCheckpoint checkpoint, Dataset data)
    {
        var (was, before) = (checkpoint.Contents.Recipe, checkpoint.Contents.Data);
        if (before.Sha256 != data.Sha256)
        {
            throw new UsageException(
                $"--data: {data.Name} ({data.Sha256[..12]}) is not the data of {checkpoint.Path} "
                + $"({before.Name}, {before.Sha256[..12]}); a resumed run keeps its data.");
        }
        var asked = settings.Over(settings.File?.Over(was) ?? was, data.Description);
        if (settings.Kernel == "auto") asked = asked with { Kernel = was.Kernel };
        return settings.Hidden is null ? asked : asked with { Model = settings.NewRecipe(data).Model };
    }

    private static void CheckResumed(LoadedCheckpoint checkpoint, Recipe asked, Dataset data)
    {
        var was = checkpoint.Contents.Recipe;
        if (asked with { Epochs = was.Epochs, MaxSteps = was.MaxSteps } != was)
        {
            throw new UsageException(
                $"--resume: the options ask for another recipe than {checkpoint.Path} has; a resumed run keeps model, "
                + "optimizer, schedule, clipping, average, batch size, microbatches, seed, kernel, strategy and "
                + "compression. Leave them out, or train a new run.");
        }
        CheckEnd(new TrainingPlan(asked, data.Description), checkpoint);
    }

    private static void CheckEnd(TrainingPlan plan, LoadedCheckpoint checkpoint)
    {
        var done = plan.StepsDone(checkpoint.Contents.State.Position);
        if (done <= plan.TotalSteps) return;
        throw new UsageException(
            $"--resume: {checkpoint.Path} has {done} steps done ({plan.StepsPerEpoch} an epoch), and --epochs or "
            + $"--max-steps end the run after {plan.TotalSteps}; give more, or leave them out.");
    }

    private static (Recipe Recipe, IMatMul MatMul) ChooseKernel(Recipe recipe)
    {
        if (recipe.Kernel != KernelCatalog.Auto) return (recipe, MatMuls.Create(recipe.Kernel));
        var linear = recipe.Model.Layers.Select(l => l.Layer).OfType<Linear>().ToList();
        if (linear.Count == 0) return ChooseKernel(recipe with { Kernel = "managed" });
        var rows = Math.Max(1, recipe.BatchSize / recipe.Microbatches);
        int[] sizes = [linear[0].InFeatures, .. linear.Select(l => l.OutFeatures)];
        var choice = KernelChoice.Measure(MatMuls.Catalog(), rows, sizes, TimeProvider.System);
        Console.WriteLine(choice.Reason);
        return (recipe with { Kernel = choice.MatMul.Name }, choice.MatMul);
    }
}
