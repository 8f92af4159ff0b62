using ActorTrain.Actors;
using ActorTrain.Host.Configuration;
using ActorTrain.Host.Pictures;
using ActorTrain.Host.Runs;
using ActorTrain.Host.Terminal;
using ActorTrain.Schedules;
using ActorTrain.Server;

namespace ActorTrain.Host.Commands;

/// <summary>
/// What is left of a run that ended: report, pictures, its schedule if there is one, and a line for people.
/// </summary>
internal static class RunResults
{
    /// <summary>Writes it all.</summary>
    /// <returns>The exit code.</returns>
    /// <exception cref="FailureException">The run failed, or a file can't be written.</exception>
    public static int Write(
        TrainSettings settings, TrainingJob job, Dataset data, RunFolder run, TrainingOutcome outcome,
        double? secondsToFirstStep)
    {
        if (outcome.Phase == RunPhase.Failed) throw new FailureException($"the run failed: {outcome.Reason}");
        var average = AverageOf(job.Recipe, data, outcome);
        var report = TrainingReport.Of(job, settings.Nodes, data, outcome, average, secondsToFirstStep);
        run.Write("report.json", report.ToJson());
        if (outcome.State.History.Length > 0) run.Write("curves.png", TrainingCurves.Png(outcome.State.History));
        var schedule = outcome.State.Schedule;
        if (schedule is not null)
            run.Write("schedule.jsonl", new ScheduleFile(job.Recipe, data.Name, data.Sha256, schedule).Encode());
        if (outcome.Evaluation is { } evaluation)
        {
            run.Write("confusion.png", ConfusionMatrix.Png(evaluation));
            Console.WriteLine($"test accuracy {ProgressText.Percent(evaluation.Accuracy)}  weights "
                + $"{ProgressText.Fingerprint(report.WeightsSha256)}  {outcome.StepsDone} steps in "
                + $"{outcome.TrainSeconds:F2} s");
            if (average is not null)
                Console.WriteLine($"test accuracy {ProgressText.Percent(average.Accuracy)} of the weights' average, "
                    + "which evaluate and predict use");
            Console.WriteLine($"written to {run.Path}: {string.Join(", ", run.Contents())}");
        }
        else
        {
            Console.WriteLine(
                $"stopped at epoch {outcome.State.Position.Epoch + 1}, step {outcome.State.Position.Step}  "
                + $"weights {ProgressText.Fingerprint(report.WeightsSha256)}; "
                + $"go on with: actortrain train --resume {run.Path}");
        }
        // Last, so that it costs nothing of the run where it fails, and may be standard output.
        if (settings.Report is not null) RunFolder.WriteFile(settings.Report, report.ToJson());
        return 0;
    }

    private static Evaluation? AverageOf(Recipe recipe, Dataset data, TrainingOutcome outcome)
    {
        if (recipe.Averaging is null || outcome.Evaluation is null) return null;
        var state = outcome.State;
        return Evaluator.Evaluate(recipe, recipe.UpdateRule.AverageOf(state.Parameters, state.Optimizer), data);
    }
}
