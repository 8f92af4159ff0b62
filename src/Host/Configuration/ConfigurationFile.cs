using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Configuration;

namespace ActorTrain.Host.Configuration;

/// <summary>What <c>--config</c> names.</summary>
internal static class ConfigurationFile
{
    /// <summary>Reads a file; what stands in its sections is their readers' to judge.</summary>
    /// <exception cref="UsageException">It is missing, no JSON, no configuration, or has a section that nobody reads.
    /// </exception>
    public static IConfiguration Read(string file)
    {
        if (!File.Exists(file))
            throw new UsageException(
                $"--config: {file} does not exist; give a JSON file, for example one of configs/.");
        var bytes = File.ReadAllBytes(file);
        var configuration = Parse(file, bytes);
        var unknown = ConfigurationSections.Unknown(configuration).ToList();
        if (unknown.Count == 0) return configuration;
        throw new UsageException(IsRecipe(configuration, bytes)
            ? $"--config: {file} is a recipe or a model file; give it with --model."
            : string.Join('\n', unknown.Select(section => $"--config: {file}: {section.Error}")));
    }

    private static IConfiguration Parse(string file, byte[] bytes)
    {
        try
        {
            using var stream = new MemoryStream(bytes);
            return new ConfigurationBuilder().AddJsonStream(stream).Build();
        }
        catch (JsonException e)
        {
            // Lines count from 0 there, and are said once more at the message's end.
            throw new UsageException(
                $"--config: {file}, line {e.LineNumber + 1}: not JSON: {e.Message.Split(" LineNumber:")[0]}");
        }
        catch (FormatException e)
        {
            throw new UsageException($"--config: {file}: {e.Message}");
        }
    }

    // One with layers of the user's own can't be read here, but has a model.
    private static bool IsRecipe(IConfiguration configuration, byte[] bytes)
    {
        if (Has("model") || Has("layers")) return true;
        try
        {
            RecipeFile.Read(Encoding.UTF8.GetString(bytes));
            return true;
        }
        catch (Exception e) when (e is RecipeException or ArgumentException)
        {
            return false;
        }

        bool Has(string key) => configuration.GetSection(key).GetChildren().Any();
    }
}
