using System.CommandLine;
using System.Text.Json;
using ActorTrain.Host.Configuration;
using ActorTrain.Host.Images;
using ActorTrain.Host.Runs;
using ActorTrain.Host.Terminal;
using ActorTrain.Kernels;

namespace ActorTrain.Host.Commands;

/// <summary><c>actortrain predict</c>: which digits are on pictures.</summary>
internal static class PredictCommand
{
    /// <summary>The command.</summary>
    public static Command Create()
    {
        var files = new Argument<string[]>("files")
        {
            Arity = ArgumentArity.OneOrMore,
            HelpName = "FILE.png",
            Description = "pictures of one digit each: any size, grey or colour, dark on light or light on dark",
        };
        var (checkpoint, layers) = (EvaluateCommand.CheckpointOption(), LayerFiles.Option());
        var json = new Option<bool>("--json") { Description = "print a line of JSON for each file" };
        var command = new Command("predict", "Class and probabilities of pictures of digits.")
        {
            files, checkpoint, layers, json,
        };
        command.SetAction(parsed =>
        {
            var contents = CheckpointLocator.Load(
                "--checkpoint", parsed.GetValue(checkpoint), LayerFiles.Load(parsed.GetValue(layers)),
                Console.Error.WriteLine).Contents;
            if ((contents.Data.Rows, contents.Data.Columns) != (DigitImage.Size, DigitImage.Size))
            {
                throw new FailureException(
                    $"predict reads digits of {DigitImage.Size}x{DigitImage.Size} pixels; this model was trained on "
                    + $"{contents.Data.Rows}x{contents.Data.Columns}.");
            }
            foreach (var file in parsed.GetValue(files)!)
            {
                var probabilities = Evaluator.Probabilities(
                    contents.Recipe, contents.BestParameters, Input(file, contents.Data)).Span.ToArray();
                if (parsed.GetValue(json))
                {
                    var prediction =
                        new { File = file, Class = Predictions.Class(probabilities), Probabilities = probabilities };
                    Console.WriteLine(JsonSerializer.Serialize(prediction, FiniteJson.Options));
                }
                else
                {
                    foreach (var line in ProbabilityBars.Lines(file, probabilities)) Console.WriteLine(line);
                }
            }
            return 0;
        });
        return command;
    }

    private static Tensor Input(string file, DataDescription data)
    {
        var image = GreyImage.Read(file);
        var pixels = DigitImage.FromGrey(image.Pixels, image.Width, image.Height, file);
        var input = new float[pixels.Length];
        VectorOperations.BytesToFloats(pixels, data.Normalization.Scale, data.Normalization.Shift, input);
        return Tensor.Own(input, [1, data.Features]);
    }
}
