using System.CommandLine;
using ActorTrain.Host.Configuration;
using Microsoft.Extensions.Configuration;

namespace ActorTrain.Host.Commands;

/// <summary>The settings of some sections as options of a command.</summary>
internal sealed class SettingOptions(params SettingSection[] sections)
{
    private readonly List<(string Key, Option<string> Option)> _options =
    [
        .. sections.SelectMany(section => section.Settings.Select(setting =>
            ($"{section.Name}:{setting.Key}", new Option<string>(setting.Option)
            {
                HelpName = setting.Value,
                Description = setting.Help,
            }))),
    ];

    /// <summary>Adds an option for each setting.</summary>
    public void AddTo(Command command)
    {
        foreach (var (_, option) in _options) command.Add(option);
    }

    /// <summary>What the file, the environment and the command line say; later ones win.</summary>
    /// <exception cref="UsageException">The file is missing or no JSON.</exception>
    public IConfiguration Read(ParseResult parsed, string? file) => TrainConfiguration.Build(
        file,
        _options.Where(o => parsed.GetResult(o.Option) is not null)
            .Select(o => KeyValuePair.Create(o.Key, parsed.GetValue(o.Option))));
}
