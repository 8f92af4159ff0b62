using System.Collections.Immutable;
using Microsoft.Extensions.Configuration;

namespace ActorTrain.Host.Configuration;

/// <summary>The sections of a configuration that somebody reads.</summary>
internal static class ConfigurationSections
{
    private static readonly ImmutableArray<SettingSection> Ours = [Setting.Training, Setting.Cluster];

    /// <summary>What .NET's host reads, or an editor.</summary>
    private static readonly ImmutableArray<string> Others =
    [
        "Logging", "ConnectionStrings", "AllowedHosts", "Kestrel", "HostOptions", "environment", "applicationName",
        "contentRoot", "urls", "$schema",
    ];

    /// <summary>Each section that nobody reads, with a sentence for people.</summary>
    public static IEnumerable<(IConfigurationSection Section, string Error)> Unknown(IConfiguration configuration)
    {
        foreach (var section in configuration.GetChildren())
        {
            if (Ours.Select(ours => ours.Name).Concat(Others).Any(name => Same(name, section.Key))) continue;
            var owner = Ours.FirstOrDefault(ours => ours.Settings.Any(setting => Same(setting.Key, section.Key)));
            yield return (section, $"'{section.Key}' is no section; there are "
                + $"{string.Join(" and ", Ours.Select(ours => ours.Name))}"
                + (owner is null ? "." : $", and {owner.Name} has a setting of this name."));
        }
    }

    // As .NET's configuration compares keys.
    private static bool Same(string one, string other) => one.Equals(other, StringComparison.OrdinalIgnoreCase);
}
