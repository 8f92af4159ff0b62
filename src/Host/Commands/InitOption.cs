using ActorTrain.Host.Runs;
using ActorTrain.Interop;
using ActorTrain.Interop.NumPy;
using ActorTrain.Interop.PyTorch;

namespace ActorTrain.Host.Commands;

/// <summary>What <c>--init</c> names: the parameters that a run begins with.</summary>
internal static class InitOption
{
    private static readonly (string Extension, Func<byte[], string, IReadOnlyDictionary<string, Tensor>> Decode)[]
        Formats =
        [
            (".safetensors", (bytes, file) => Safetensors.Decode(bytes, file)),
            (".pt", (bytes, file) => TorchFile.Decode(bytes, file)),
            (".pth", (bytes, file) => TorchFile.Decode(bytes, file)),
            (".npz", (bytes, file) => Npz.Decode(bytes, file)),
        ];

    /// <summary>The parameters of a file for a model; none without one.</summary>
    /// <param name="path">A file of another program's, a checkpoint, or a run's folder.</param>
    /// <param name="model">Has all of the file's names and shapes, and no others.</param>
    /// <param name="layers">The user's own, which a checkpoint's model may have.</param>
    /// <exception cref="UsageException">There is no such file, or its names or shapes are not the model's.</exception>
    /// <exception cref="FailureException">A checkpoint can't be read.</exception>
    public static FlatVector? Read(string? path, Sequential model, LayerRegistry layers)
    {
        if (path is null) return null;
        if (!Path.Exists(path))
            throw new UsageException(
                $"--init: {path} does not exist; give a checkpoint, a run's folder, or a file whose name ends in "
                + $"{string.Join(", ", Formats[..^1].Select(f => f.Extension))} or {Formats[^1].Extension}.");
        try
        {
            return FlatVector.From(StateDict.Load(model, TensorsOf(path, layers), path).Parameters.Span);
        }
        catch (InteropException e)
        {
            throw new UsageException($"--init: {e.Message}");
        }
    }

    /// <summary>Says what is wrong where the recipe names other parameters than these.</summary>
    /// <exception cref="UsageException">It does, or it is invalid.</exception>
    public static void Check(Recipe recipe, FlatVector? parameters)
    {
        if (recipe.Errors().FirstOrDefault() is { } error) throw new UsageException(error);
        if (recipe.InitialSha256 is { } named && parameters?.Sha256() != named)
            throw new UsageException(
                $"--init: the recipe begins with the parameters {named[..12]}; give the file that has them"
                + $"{(parameters is null ? "." : $", not {parameters.Sha256()[..12]}.")}");
    }

    private static IReadOnlyDictionary<string, Tensor> TensorsOf(string path, LayerRegistry layers)
    {
        foreach (var (extension, decode) in Formats)
            if (Path.GetExtension(path) == extension) return decode(File.ReadAllBytes(path), path);
        var checkpoint = CheckpointLocator.Load("--init", path, layers, Console.Error.WriteLine).Contents;
        var layer = checkpoint.Recipe.Model;
        return StateDict.Of(new(layer, new(layer.Layout, checkpoint.BestParameters))).ToDictionary();
    }
}
