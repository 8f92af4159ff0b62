using Microsoft.Extensions.Configuration;

namespace ActorTrain.Host.Configuration;

/// <summary>
/// Where settings come from: a JSON file, then the environment, then the command line; later ones win.
/// </summary>
internal static class TrainConfiguration
{
    /// <summary>Variables like <c>ACTORTRAIN__TRAINING__BATCHSIZE</c>.</summary>
    public const string EnvironmentPrefix = "ACTORTRAIN__";

    /// <summary>The configuration of a command.</summary>
    /// <param name="file">A JSON file, or nothing.</param>
    /// <param name="options">Keys and values from the command line.</param>
    /// <exception cref="UsageException">The file is missing or no JSON.</exception>
    public static IConfiguration Build(string? file, IEnumerable<KeyValuePair<string, string?>> options)
    {
        var builder = new ConfigurationBuilder();
        if (file is not null)
        {
            if (!File.Exists(file))
            {
                throw new UsageException(
                    $"--config: {file} does not exist; give a JSON file, for example one of configs/.");
            }
            builder.AddJsonFile(Path.GetFullPath(file), optional: false, reloadOnChange: false);
        }
        builder.AddEnvironmentVariables(EnvironmentPrefix);
        builder.AddInMemoryCollection(options);
        try
        {
            return builder.Build();
        }
        catch (InvalidDataException e)
        {
            throw new UsageException($"--config: {file} is not JSON: {e.InnerException?.Message ?? e.Message}");
        }
    }
}
