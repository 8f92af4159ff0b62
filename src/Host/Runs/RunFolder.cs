using System.Globalization;
using System.Text;
using ActorTrain.Checkpoints;
using ActorTrain.Host.Configuration;
using ActorTrain.Host.Data;

namespace ActorTrain.Host.Runs;

/// <summary>The folder of one run: recipe, checkpoints, pictures, report.</summary>
internal sealed class RunFolder(string path)
{
    /// <summary>Where runs are made when nobody says otherwise.</summary>
    public const string Default = "runs";

    /// <summary>What happened in the run, a line of JSON each.</summary>
    public const string Events = "events.jsonl";

    private const string RecipeName = "recipe.json";

    /// <summary>The folder.</summary>
    public string Path { get; } = path;

    /// <summary>The run's checkpoints.</summary>
    public string Checkpoints => In("checkpoints");

    /// <summary>A file of the run.</summary>
    public string In(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>
    /// The folder of a run that goes on from a checkpoint: its own, whose recipe is then that of the longer run; or
    /// where the settings name another one, that of a new run, which leaves the first as it is.
    /// </summary>
    /// <exception cref="UsageException">The checkpoint's run is further already, or the other folder holds a run.
    /// </exception>
    /// <exception cref="FailureException">It can't be written.</exception>
    public static RunFolder Resumed(
        TrainSettings settings, Recipe recipe, LoadedCheckpoint checkpoint, DateTimeOffset now)
    {
        if (checkpoint.Run is not { } run || (settings.Out is { } path && !run.IsAt(path)))
            return Create(settings, recipe, now);
        if (new CheckpointFolder(run.Checkpoints, keep: 1).Newest().Found is { } newest
            && System.IO.Path.GetFileName(newest.Path) != System.IO.Path.GetFileName(checkpoint.Path))
        {
            throw new UsageException(
                $"--resume: {checkpoint.Path} is not the newest checkpoint of its run ({newest.Path}); give --out "
                + $"FOLDER for a run of its own that goes on from there, or --resume {run.Path}.");
        }
        run.WriteRecipe(settings, recipe);
        return run;
    }

    /// <summary>
    /// The folder of a new run, named by the time when it begins; made with its recipe in it, which names the data too
    /// where that has a name.
    /// </summary>
    /// <exception cref="UsageException">Its checkpoints would be too large, or there is a run in it.</exception>
    /// <exception cref="FailureException">It can't be written.</exception>
    public static RunFolder Create(TrainSettings settings, Recipe recipe, DateTimeOffset now)
    {
        if (TrainingCheckpoint.Refusal(recipe) is { } refusal) throw new UsageException(refusal);
        var path = settings.Out;
        var folder = new RunFolder(path ?? Unused(
            System.IO.Path.Combine(Default, now.ToString("yyyy-MM-dd-HHmmss", CultureInfo.InvariantCulture))));
        if (new CheckpointFolder(folder.Checkpoints, keep: 1).Newest() is { Found: { } found })
        {
            throw new UsageException(
                $"--out: {folder.Path} holds a run already ({found.Path}); give another folder, or "
                + $"--resume {folder.Path}.");
        }
        folder.WriteRecipe(settings, recipe);
        return folder;
    }

    /// <summary>The names of what is in it, folders with a slash.</summary>
    public IEnumerable<string> Contents() => new DirectoryInfo(Path).EnumerateFileSystemInfos()
        .Select(info => info is DirectoryInfo ? $"{info.Name}/" : info.Name).Order(StringComparer.Ordinal);

    /// <summary>Takes back what making it wrote, for a run that leaves nothing.</summary>
    public void Discard()
    {
        File.Delete(In(RecipeName));
        if (!Directory.EnumerateFileSystemEntries(Path).Any()) Directory.Delete(Path);
    }

    private void WriteRecipe(TrainSettings settings, Recipe recipe)
    {
        var name = settings.Data is { } data && NamedData.Has(data) ? data : null;
        Write(RecipeName, Encoding.UTF8.GetBytes(RecipeFile.Write(recipe, name, settings.Validation)));
    }

    private bool IsAt(string path) => FullPath(path) == FullPath(Path);

    private static string FullPath(string path) =>
        System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path));

    /// <summary>Writes a file of the run, whole or not at all.</summary>
    /// <exception cref="FailureException">It can't be written.</exception>
    public void Write(string name, ReadOnlySpan<byte> contents) => WriteFile(In(name), contents);

    /// <summary>Writes a file, whole or not at all; makes its folder.</summary>
    /// <exception cref="FailureException">It can't be written.</exception>
    public static void WriteFile(string path, ReadOnlySpan<byte> contents)
    {
        try
        {
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path))!);
            DurableFile.Write(path, contents);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FailureException($"can't write {path}: {e.Message}");
        }
    }

    /// <summary>Finds out before a run whether a file can be written after it; makes its folder.</summary>
    /// <param name="option">What names the file.</param>
    /// <param name="path">The file; none: there is nothing to find out.</param>
    /// <exception cref="UsageException">It can't.</exception>
    public static void CheckWritable(string option, string? path)
    {
        if (path is null) return;
        try
        {
            if (System.IO.Path.EndsInDirectorySeparator(path) || Directory.Exists(path))
                throw new IOException("it is a folder; give a file");
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path))!);
            DurableFile.Check(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{option}: can't write {path}: {e.Message}");
        }
    }

    private static string Unused(string path)
    {
        var candidate = path;
        for (var i = 2; Directory.Exists(candidate); i++) candidate = $"{path}-{i}";
        return candidate;
    }
}
