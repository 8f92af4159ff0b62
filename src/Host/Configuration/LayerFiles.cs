using System.CommandLine;
using System.Reflection;

namespace ActorTrain.Host.Configuration;

/// <summary>Assemblies with layers of the user's own. Only what is named is loaded, never what lies about.</summary>
internal static class LayerFiles
{
    private const string Help = "assemblies with layers of your own; see docs/layers.md (default: none)";

    /// <summary>As a setting of a run.</summary>
    public static Setting Setting { get; } = new("Layers", "--layers", "FILE.dll,...", Help);

    /// <summary>As an option of a command that reads a checkpoint.</summary>
    public static Option<string> Option() => new(Setting.Option) { HelpName = Setting.Value, Description = Help };

    /// <summary>The layers in some files.</summary>
    /// <param name="files">Paths with commas between them; none: no layers.</param>
    /// <exception cref="UsageException">A file is missing, no assembly, or has no layers that can be read.</exception>
    public static LayerRegistry Load(string? files) => (files ?? "")
        .Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
        .Aggregate(LayerRegistry.Empty, With);

    private static LayerRegistry With(LayerRegistry layers, string file)
    {
        if (!File.Exists(file))
            throw new UsageException($"--layers: {file} does not exist; give the .dll of a project with layers.");
        try
        {
            return layers.With(Assembly.LoadFrom(Path.GetFullPath(file)));
        }
        catch (Exception e) when (e is BadImageFormatException or FileLoadException)
        {
            throw new UsageException($"--layers: {file} is no assembly of .NET; give the .dll of a project.");
        }
        catch (Exception e) when (e is ReflectionTypeLoadException or TypeLoadException or FileNotFoundException)
        {
            throw new UsageException(
                $"--layers: {file} does not fit this program: {Reason(e)} Build it against this version of "
                + "ActorTrain.");
        }
        catch (ArgumentException e)
        {
            throw new UsageException($"--layers: {file}: {e.Message}");
        }
    }

    private static string Reason(Exception e) =>
        (e as ReflectionTypeLoadException)?.LoaderExceptions.FirstOrDefault()?.Message ?? e.Message;
}
