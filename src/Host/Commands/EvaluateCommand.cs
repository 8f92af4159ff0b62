using System.CommandLine;
using System.Text.Json;
using ActorTrain.Host.Runs;
using ActorTrain.Host.Terminal;

namespace ActorTrain.Host.Commands;

/// <summary><c>actortrain evaluate</c>: a checkpoint's loss and accuracy on a test split.</summary>
internal static class EvaluateCommand
{
    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web);

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var checkpoint = CheckpointOption();
        var data = new Option<string>("--data")
        {
            HelpName = "NAME|FOLDER",
            Description = "mnist, or a folder of IDX files (default mnist)",
        };
        var json = new Option<bool>("--json") { Description = "print {\"accuracy\":…,\"loss\":…,\"samples\":…}" };
        var command = new Command("evaluate", "Loss and accuracy of a checkpoint on the test split.")
        {
            checkpoint, data, json,
        };
        command.SetAction(async (parsed, _) =>
        {
            var loaded = CheckpointLocator.Load("--checkpoint", parsed.GetValue(checkpoint), Console.Error.WriteLine);
            var evaluation = Evaluator.Evaluate(
                loaded.Contents.Recipe, loaded.Contents.BestParameters, await DataOption.Load(parsed.GetValue(data)));
            Console.WriteLine(parsed.GetValue(json)
                ? JsonSerializer.Serialize(new { evaluation.Accuracy, evaluation.Loss, evaluation.Samples }, Format)
                : $"{loaded.Path}: test accuracy {ProgressText.Percent(evaluation.Accuracy)}, "
                    + $"loss {evaluation.Loss:F4}, {evaluation.Samples} samples");
            return 0;
        });
        return command;
    }

    /// <summary>The option that names a checkpoint.</summary>
    public static Option<string> CheckpointOption() =>
        new("--checkpoint")
        {
            HelpName = "FILE|RUN",
            Description = "a checkpoint file, or a run's folder (default: the newest run)",
        };
}
