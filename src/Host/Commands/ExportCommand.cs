using System.CommandLine;
using ActorTrain.Host.Configuration;
using ActorTrain.Host.Runs;
using ActorTrain.Interop.NumPy;
using ActorTrain.Interop.Onnx;
using ActorTrain.Interop.PyTorch;

namespace ActorTrain.Host.Commands;

/// <summary><c>actortrain export</c>: a checkpoint's model for other programs.</summary>
internal static class ExportCommand
{
    private static readonly (string Extension, Func<Model, DataDescription, byte[]> Bytes)[] Formats =
    [
        (".safetensors", (model, _) => Safetensors.Encode(StateDict.Of(model))),
        (".onnx", (model, data) => OnnxFile.Encode(model, [data.Features])),
        (".npz", (model, _) => Npz.Encode(StateDict.Of(model))),
    ];

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var checkpoint = new Argument<string?>("checkpoint")
        {
            Arity = ArgumentArity.ZeroOrOne,
            HelpName = "FILE|RUN",
            Description = "a checkpoint file, or a run's folder (default: the newest run)",
        };
        var layers = LayerFiles.Option();
        var to = new Option<string>("--to")
        {
            Required = true,
            HelpName = "FILE",
            Description = $"what is written; its name ends in {Extensions}",
        };
        var command = new Command("export", "A checkpoint's model as a file of another program's.")
        {
            checkpoint, layers, to,
        };
        command.SetAction(parsed =>
        {
            var file = parsed.GetValue(to)!;
            var format = Formats.FirstOrDefault(f => f.Extension == Path.GetExtension(file));
            if (format.Bytes is null) throw new UsageException($"--to: {file} should end in {Extensions}.");
            var loaded = CheckpointLocator.Load(
                "export", parsed.GetValue(checkpoint), LayerFiles.Load(parsed.GetValue(layers)),
                Console.Error.WriteLine);
            var contents = loaded.Contents;
            var layer = contents.Recipe.Model;
            var model = new Model(layer, new Parameters(layer.Layout, contents.BestParameters));
            var bytes = Encode(format.Bytes, model, contents.Data);
            RunFolder.WriteFile(file, bytes);
            Console.WriteLine($"{loaded.Path}: {layer.Layout.Count} parameters, {bytes.Length} bytes, to {file}");
            return 0;
        });
        return command;
    }

    private static byte[] Encode(
        Func<Model, DataDescription, byte[]> format, Model model, DataDescription data)
    {
        try
        {
            return format(model, data);
        }
        catch (NotSupportedException e)
        {
            throw new FailureException($"export: {e.Message}");
        }
    }

    private static string Extensions => string.Join(" or ", Formats.Select(f => f.Extension));
}
