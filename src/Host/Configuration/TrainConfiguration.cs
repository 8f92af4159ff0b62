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
    /// <exception cref="UsageException">The file is missing or no JSON, or a section is none.</exception>
    public static IConfiguration Build(string? file, IEnumerable<KeyValuePair<string, string?>> options)
    {
        var builder = new ConfigurationBuilder();
        if (file is not null) builder.AddConfiguration(ConfigurationFile.Read(file));
        builder.AddConfiguration(FromEnvironment());
        builder.AddInMemoryCollection(options);
        return builder.Build();
    }

    private static IConfiguration FromEnvironment()
    {
        var environment = new ConfigurationBuilder().AddEnvironmentVariables(EnvironmentPrefix).Build();
        var errors = ConfigurationSections.Unknown(environment)
            .Select(unknown => $"{VariableOf(unknown.Section)}: {unknown.Error}").ToList();
        return errors.Count == 0 ? environment : throw new UsageException(string.Join('\n', errors));
    }

    // The first one; the section itself has a value only where the variable names nothing more.
    private static string VariableOf(IConfigurationSection section) => EnvironmentPrefix
        + section.AsEnumerable().First(pair => pair.Value is not null).Key.Replace(":", "__", StringComparison.Ordinal);
}
