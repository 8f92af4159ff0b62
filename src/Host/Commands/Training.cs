using System.Diagnostics;
using ActorTrain.Actors;
using ActorTrain.Checkpoints;
using ActorTrain.Host.Configuration;
using ActorTrain.Host.Interruption;
using ActorTrain.Host.Runs;
using ActorTrain.Host.Terminal;
using ActorTrain.Kernels;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Spectre.Console;

namespace ActorTrain.Host.Commands;

/// <summary>What <c>actortrain train</c> does: composes a job, runs it in a host, shows it, writes what is left of it.</summary>
internal sealed class Training(TrainSettings settings, bool isResumed, string? resumeFrom)
{
    private const int KeepCheckpoints = 3;
    private double? _secondsToFirstStep;

    /// <summary>Runs to the end, or to the first Ctrl-C.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> Run(CancellationToken cancellation)
    {
        var loading = DataOption.Load(settings.Data);
        var checkpoint = isResumed ? CheckpointLocator.Load("--resume", resumeFrom ?? settings.Out, Console.Error.WriteLine) : null;
        var modelFile = settings.Model is null or "mlp" ? null : ReadModel(settings.Model);
        var data = await loading;
        var recipe = checkpoint is null ? settings.NewRecipe(data, modelFile) : Resumed(checkpoint, data, modelFile);
        if (recipe.Errors().FirstOrDefault() is { } error) throw new UsageException(error);
        recipe = ChooseKernel(recipe);
        // Before a folder is made for the run: a kernel that can't be had here is an error now.
        MatMuls.Create(recipe.Kernel);
        recipe.CheckFits(data.Description);
        var run = checkpoint?.Run ?? RunFolder.Create(settings.Out, recipe, DateTimeOffset.Now);
        var job = new TrainingJob
        {
            Recipe = recipe,
            LoadData = _ => Task.FromResult(data),
            Shards = settings.Shards ?? Environment.ProcessorCount,
            Checkpoints = new CheckpointFolder(run.Checkpoints, settings.KeepCheckpoints ?? KeepCheckpoints),
            From = checkpoint?.Contents.State,
        };
        var outcome = await RunInHost(job, data, checkpoint, cancellation);
        return RunResults.Write(settings, job, data, run, outcome, _secondsToFirstStep);
    }

    private async Task<TrainingOutcome> RunInHost(TrainingJob job, Dataset data, LoadedCheckpoint? checkpoint, CancellationToken cancellation)
    {
        var (recipe, description) = (job.Recipe, data.Description);
        using ITrainingDisplay display = Console.IsOutputRedirected
            ? new PlainDisplay(Console.Out)
            : new BarDisplay(AnsiConsole.Console, recipe.Epochs);
        display.Line($"{data.Name}: {description.TrainCount} training and {description.TestCount} test examples; {recipe.Model.Layout.Count} parameters; "
            + $"kernel {recipe.Kernel}, {VectorWidth.Bits}-bit vectors; {job.Shards} shards; seed {recipe.Seed}");
        if (checkpoint is not null)
            display.Line($"resumed from {checkpoint.Path} at epoch {checkpoint.Contents.State.Position.Epoch + 1}, step {checkpoint.Contents.State.Position.Step}");

        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Logging.SetMinimumLevel(LogLevel.Error).AddSimpleConsole();
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = TimeSpan.FromMinutes(1));
        builder.Services.AddSingleton<IHostLifetime, SilentLifetime>();
        builder.Services.AddActorTrain(job with { OnEvent = e => Show(e, display, recipe.Epochs) });
        using var host = builder.Build();
        using var interrupt = new InterruptListener(display.Line);
        await host.StartAsync(cancellation);
        var training = host.Services.GetRequiredService<TrainingRun>();
        await using var onStop = interrupt.Stop.Register(() => _ = training.Stop());
        var outcome = await training.Completion;
        await host.StopAsync(CancellationToken.None);
        return outcome;
    }

    private void Show(TrainingEvent @event, ITrainingDisplay display, int epochs)
    {
        switch (@event)
        {
            case StepDone e:
                _secondsToFirstStep ??= SecondsSinceProcessStart();
                display.Step(e);
                break;
            case EpochDone e:
                display.Line(ProgressText.Epoch(e.Summary, epochs, e.TrainSeconds));
                break;
            case WorkReassigned e:
                display.Line($"{e.Shard}: {e.Key} is handed out again: {e.Reason}");
                break;
            case NodeLost e:
                display.Line(ProgressText.Lost(e));
                break;
            case NodeJoined e:
                display.Line(ProgressText.Joined(e));
                break;
            case CheckpointNotSaved e:
                display.Line($"no checkpoint: {e.Reason}");
                break;
            default:
                break;
        }
    }

    private static double SecondsSinceProcessStart()
    {
        using var process = Process.GetCurrentProcess();
        return (DateTime.Now - process.StartTime).TotalSeconds;
    }

    private Recipe Resumed(LoadedCheckpoint checkpoint, Dataset data, Sequential? modelFile)
    {
        var (was, before) = (checkpoint.Contents.Recipe, checkpoint.Contents.Data);
        if (before.Sha256 != data.Sha256)
            throw new UsageException($"--data: {data.Name} ({data.Sha256[..12]}) is not the data of {checkpoint.Path} ({before.Name}, {before.Sha256[..12]}); a resumed run keeps its data.");
        var asked = settings.Over(was);
        if (settings.Kernel == "auto") asked = asked with { Kernel = was.Kernel };
        if (modelFile is not null) asked = asked with { Model = modelFile };
        if (settings.Hidden is not null) asked = asked with { Model = settings.NewRecipe(data, modelFile).Model };
        if (asked with { Epochs = was.Epochs, MaxSteps = was.MaxSteps } != was)
            throw new UsageException($"--resume: the options ask for another recipe than {checkpoint.Path} has; a resumed run keeps model, optimizer, batch size, microbatches, seed, kernel, strategy and compression. Leave them out, or train a new run.");
        return asked;
    }

    private static Recipe ChooseKernel(Recipe recipe)
    {
        if (recipe.Kernel != KernelCatalog.Auto) return recipe;
        var linear = recipe.Model.Layers.Select(l => l.Layer).OfType<Linear>().ToList();
        if (linear.Count == 0) return recipe with { Kernel = "managed" };
        var rows = Math.Max(1, recipe.BatchSize / recipe.Microbatches);
        var choice = KernelChoice.Measure(MatMuls.Catalog(), rows, [linear[0].InFeatures, .. linear.Select(l => l.OutFeatures)], TimeProvider.System);
        Console.WriteLine(choice.Reason);
        return recipe with { Kernel = choice.MatMul.Name };
    }

    private static Sequential ReadModel(string path)
    {
        if (!File.Exists(path)) throw new UsageException($"--model: '{path}' is neither mlp nor a file; give mlp, or a JSON file with layers.");
        try
        {
            return ModelJson.Read(File.ReadAllText(path));
        }
        catch (Exception e) when (e is RecipeException or ArgumentException)
        {
            throw new UsageException($"--model: {path}: {e.Message}");
        }
    }

    /// <summary>Signals are handled by <see cref="InterruptListener"/>, not by the host.</summary>
    private sealed class SilentLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
