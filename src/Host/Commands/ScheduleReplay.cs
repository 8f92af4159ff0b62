using System.Diagnostics;
using ActorTrain.Actors;
using ActorTrain.Checkpoints;
using ActorTrain.Host.Configuration;
using ActorTrain.Host.Interruption;
using ActorTrain.Host.Runs;
using ActorTrain.Host.Terminal;
using ActorTrain.Schedules;
using ActorTrain.Server;

namespace ActorTrain.Host.Commands;

/// <summary>
/// <c>actortrain train --replay-schedule</c>: a run again from its schedule, on one thread, into a folder of its own.
/// </summary>
internal sealed class ScheduleReplay(TrainSettings settings, string file)
{
    /// <summary>Replays to the end of the schedule. The first Ctrl-C gives up, and takes back the folder.</summary>
    /// <returns>The exit code.</returns>
    /// <exception cref="OperationCanceledException">It was given up.</exception>
    public async Task<int> Run(CancellationToken cancellation)
    {
        RunOutput.LetFail();
        var schedule = Read();
        var data = await DataOption.Load(settings.Data, settings.Validation);
        Check(schedule, data);
        var initial = InitOption.Read(settings.Init, schedule.Recipe.Model, settings.Layers);
        InitOption.Check(schedule.Recipe, initial);
        RunFolder.CheckWritable("--report", settings.Report);
        var isOver = false;
        using var interrupt = new InterruptListener(
            text => Console.WriteLine(isOver ? Training.ResultsAreBeingWritten : text),
            "stopping; a replay that is stopped leaves nothing");
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation, interrupt.Stop);
        var run = RunFolder.Create(settings, schedule.Recipe, DateTimeOffset.Now);
        Console.WriteLine($"{data.Name}: {schedule.Schedule.Count} entries of {file}; strategy "
            + $"{schedule.Recipe.Strategy}, compression {schedule.Recipe.Compression}");
        var (outcome, plan) = Replay(schedule, data, initial, run, stop.Token);
        isOver = true;
        var checkpoint = new TrainingCheckpoint(schedule.Recipe, data.Description, outcome.State);
        new CheckpointFolder(run.Checkpoints, keep: 1).Save(
            plan.StepsDone(outcome.State.Position), checkpoint.Encode());
        return RunResults.Write(
            settings, new TrainingJob { Recipe = schedule.Recipe, Shards = 1 }, data, run, outcome,
            secondsToFirstStep: null);
    }

    private (TrainingOutcome Outcome, TrainingPlan Plan) Replay(
        ScheduleFile schedule, Dataset data, FlatVector? initial, RunFolder run, CancellationToken cancellation)
    {
        var (recipe, plan) = (schedule.Recipe, new TrainingPlan(schedule.Recipe, data.Description));
        var (whole, epoch) = (Stopwatch.StartNew(), Stopwatch.StartNew());
        try
        {
            var result = ScheduleReplayer.Replay(recipe, data, schedule.Schedule, summary =>
            {
                Console.WriteLine(ProgressText.Epoch(
                    summary, recipe.Epochs, new(plan.StepsPerEpoch, summary.SamplesSeen, epoch.Elapsed.TotalSeconds)));
                epoch.Restart();
            }, initial, cancellation);
            var steps = plan.StepsDone(result.State.Position);
            var phase = plan.IsEnd(result.State.Position) ? RunPhase.Finished : RunPhase.Stopped;
            var outcome = new TrainingOutcome(
                phase, result.State, result.Evaluation, whole.Elapsed.TotalSeconds, steps, plan.SamplesOf(steps),
                Reason: null);
            return (outcome, plan);
        }
        catch (ScheduleException e)
        {
            throw new FailureException($"--replay-schedule: {file}: {e.Message}");
        }
        catch (OperationCanceledException)
        {
            run.Discard();
            throw;
        }
    }

    private ScheduleFile Read()
    {
        if (!File.Exists(file))
            throw new UsageException($"--replay-schedule: {file} does not exist; give the schedule.jsonl of a run.");
        try
        {
            return ScheduleFile.Decode(File.ReadAllBytes(file), file, settings.Layers);
        }
        catch (ScheduleException e)
        {
            throw new FailureException($"--replay-schedule: {e.Message}");
        }
    }

    private void Check(ScheduleFile schedule, Dataset data)
    {
        if (schedule.DataSha256 != data.Sha256)
            throw new UsageException($"--data: {data.Name} ({data.Sha256[..12]}) is not the data of {file} "
                + $"({schedule.DataName}, {schedule.DataSha256[..12]}); a schedule holds for its data.");
        var recipe = schedule.Recipe;
        var asked = settings.Over(recipe, data.Description) with { MaxSteps = settings.MaxSteps ?? recipe.MaxSteps };
        if (settings.Kernel == "auto") asked = asked with { Kernel = recipe.Kernel };
        if (settings.Hidden is not null)
            asked = asked with { Model = settings.NewRecipe(data).Model };
        if (settings.File is not null)
            throw new UsageException("--model: a schedule holds its model; leave it out with --replay-schedule.");
        if (asked != recipe)
            throw new UsageException($"--replay-schedule: the options ask for another recipe than {file} has; it "
                + "holds for that alone. Leave them out.");
    }
}
