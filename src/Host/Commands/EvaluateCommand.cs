using System.CommandLine;
using System.Text.Json;
using ActorTrain.Host.Configuration;
using ActorTrain.Host.Data;
using ActorTrain.Host.Runs;
using ActorTrain.Host.Terminal;

namespace ActorTrain.Host.Commands;

/// <summary><c>actortrain evaluate</c>: a checkpoint's metrics on a test split.</summary>
internal static class EvaluateCommand
{
    /// <summary>The command.</summary>
    public static Command Create()
    {
        var (checkpoint, layers) = (CheckpointOption(), LayerFiles.Option());
        var data = new Option<string>("--data")
        {
            HelpName = "NAME|FOLDER",
            Description = $"{NamedData.Choices} (default mnist)",
        };
        var json = new Option<bool>("--json") { Description = "print {\"accuracy\":…,\"loss\":…,\"samples\":…, …}" };
        var command = new Command("evaluate", "A checkpoint's loss, accuracy, scores of each class on the test split.")
        {
            checkpoint, layers, data, json,
        };
        command.SetAction(async (parsed, _) =>
        {
            var loaded = CheckpointLocator.Load(
                "--checkpoint", parsed.GetValue(checkpoint), LayerFiles.Load(parsed.GetValue(layers)),
                Console.Error.WriteLine);
            var metrics = Evaluator.Measure(
                loaded.Contents.Recipe, loaded.Contents.BestParameters, await DataOption.Load(parsed.GetValue(data)));
            Console.WriteLine(parsed.GetValue(json)
                ? Json(metrics)
                : $"{loaded.Path}: test accuracy {ProgressText.Percent(metrics.Accuracy)}, loss {metrics.Loss:F4}, "
                    + $"{metrics.Samples} samples{Environment.NewLine}{metrics}");
            return 0;
        });
        return command;
    }

    /// <summary>
    /// The metrics as one line. Scripts depend on the names: add, never rename. One that is not finite is null.
    /// </summary>
    internal static string Json(Metrics metrics) => JsonSerializer.Serialize(
        new
        {
            metrics.Accuracy,
            metrics.Loss,
            metrics.Samples,
            Top5Accuracy = metrics.TopK(Math.Min(5, metrics.Classes)),
            metrics.MacroPrecision,
            metrics.MacroRecall,
            metrics.MacroF1,
            metrics.CalibrationError,
            Classes = metrics.PerClass.Select(c => new { c.Precision, c.Recall, c.F1, c.Examples }),
        }, FiniteJson.Options);

    /// <summary>The option that names a checkpoint.</summary>
    public static Option<string> CheckpointOption() =>
        new("--checkpoint")
        {
            HelpName = "FILE|RUN",
            Description = "a checkpoint file, or a run's folder (default: the newest run)",
        };
}
