namespace ActorTrain.Host.Configuration;

/// <summary>What <c>--model</c> names.</summary>
internal static class ModelOption
{
    /// <summary>The word for hidden layers as <c>--hidden</c> says.</summary>
    public const string Mlp = "mlp";

    /// <summary>The recipe or model file of this name; none for the mlp.</summary>
    /// <param name="model">mlp or a file; none: mlp.</param>
    /// <param name="layers">Those of the user's own.</param>
    /// <exception cref="UsageException">There is no such file, or no recipe and no model in it.</exception>
    public static RecipeFile? Read(string? model, LayerRegistry layers)
    {
        if (model is null or Mlp) return null;
        if (!File.Exists(model))
        {
            throw new UsageException(
                $"--model: '{model}' is neither mlp nor a file; give mlp, or a JSON file with layers or a recipe.");
        }
        try
        {
            return RecipeFile.Read(File.ReadAllText(model), layers);
        }
        catch (Exception e) when (e is RecipeException or ArgumentException)
        {
            throw new UsageException($"--model: {model}: {e.Message.Split(" (Parameter")[0]}");
        }
    }
}
