using System.Text.Json;
using ActorTrain.Host.Configuration;

namespace ActorTrain.Host.Commands;

/// <summary>What <c>--model</c> names.</summary>
internal static class ModelFiles
{
    /// <summary>The layers of a model file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="layers">Those of the user's own.</param>
    /// <exception cref="UsageException">There is no such file, or no model in it.</exception>
    public static Sequential ReadLayers(string path, LayerRegistry layers) =>
        Read(path, text => ModelJson.Read(text, layers));

    /// <summary>A model with its loss: the mlp, a model file's, or a recipe's.</summary>
    /// <param name="model">mlp or a file; none: mlp.</param>
    /// <param name="layers">Those of the user's own.</param>
    /// <exception cref="UsageException">There is no such file, or neither in it.</exception>
    public static (Sequential Model, Loss Loss) Read(string? model, LayerRegistry layers) => model is null or "mlp"
        ? WithLoss(Sequential.Mlp(784, 128, 64, 10))
        : Read(model, text => IsRecipe(text)
            ? OfRecipe(RecipeJson.Read(text, layers))
            : WithLoss(ModelJson.Read(text, layers)));

    private static (Sequential, Loss) WithLoss(Sequential model) => (model, TrainSettings.LossOf(model));

    private static (Sequential, Loss) OfRecipe(Recipe recipe) => (recipe.Model, recipe.Loss);

    private static bool IsRecipe(string text)
    {
        try
        {
            using var json = JsonDocument.Parse(
                text, new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            var root = json.RootElement;
            return root.ValueKind == JsonValueKind.Object && root.TryGetProperty("model", out _);
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static T Read<T>(string path, Func<string, T> read)
    {
        if (!File.Exists(path))
        {
            throw new UsageException(
                $"--model: '{path}' is neither mlp nor a file; give mlp, or a JSON file with layers.");
        }
        try
        {
            return read(File.ReadAllText(path));
        }
        catch (Exception e) when (e is RecipeException or ArgumentException)
        {
            throw new UsageException($"--model: {path}: {e.Message}");
        }
    }
}
