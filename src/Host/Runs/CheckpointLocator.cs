using ActorTrain.Checkpoints;

namespace ActorTrain.Host.Runs;

/// <summary>A checkpoint that a command works on.</summary>
/// <param name="Path">The file.</param>
/// <param name="Contents">What it holds.</param>
internal sealed record LoadedCheckpoint(string Path, TrainingCheckpoint Contents)
{
    /// <summary>The run's folder, or nothing when the file lies elsewhere.</summary>
    public RunFolder? Run => System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(Path)) is { } folder
        && System.IO.Path.GetFileName(folder) == "checkpoints"
            ? new RunFolder(System.IO.Path.GetRelativePath(
                Directory.GetCurrentDirectory(), System.IO.Path.GetDirectoryName(folder)!))
            : null;
}

/// <summary>Finds the checkpoint that a user means: a file, a run's folder, or nothing for the newest run.</summary>
internal static class CheckpointLocator
{
    /// <summary>The checkpoint; damaged newer ones of a folder are reported and skipped.</summary>
    /// <param name="option">The option to name in errors.</param>
    /// <param name="path">A file or folder; none: the newest run in <see cref="RunFolder.Default"/>.</param>
    /// <param name="layers">Layers of the user's own that its model may have.</param>
    /// <param name="warn">Told about checkpoints that were skipped.</param>
    /// <exception cref="UsageException">There is no such file or folder.</exception>
    /// <exception cref="FailureException">There is no checkpoint that can be read.</exception>
    public static LoadedCheckpoint Load(string option, string? path, LayerRegistry layers, Action<string> warn)
    {
        path ??= NewestRun()
            ?? throw new UsageException(
                $"{option}: there is no run in {RunFolder.Default}/ yet; train first, or give a checkpoint file or a "
                + "run's folder.");
        if (File.Exists(path)) return Decode(path, CheckpointFormat.Read(path), layers);
        if (!Directory.Exists(path))
            throw new UsageException($"{option}: {path} does not exist; give a checkpoint file or a run's folder.");
        var inRun = new RunFolder(path).Checkpoints;
        var search = new CheckpointFolder(Directory.Exists(inRun) ? inRun : path, keep: 1).Newest();
        foreach (var skipped in search.Skipped) warn($"skipped {skipped.Message}");
        var found = search.Found
            ?? throw new FailureException($"{option}: {path} holds no checkpoint that can be read.");
        return Decode(found.Path, found.Contents, layers);
    }

    private static LoadedCheckpoint Decode(string path, CheckpointContents contents, LayerRegistry layers)
    {
        try
        {
            return new(path, TrainingCheckpoint.Decode(contents, layers));
        }
        catch (Exception e) when (e is RecipeException or ArgumentException)
        {
            throw new FailureException($"{path}: {e.Message}");
        }
    }

    private static string? NewestRun() => !Directory.Exists(RunFolder.Default)
        ? null
        : Directory.EnumerateDirectories(RunFolder.Default)
            .Where(folder => Directory.Exists(new RunFolder(folder).Checkpoints))
            .OrderByDescending(folder => Directory.GetLastWriteTimeUtc(new RunFolder(folder).Checkpoints))
            .ThenByDescending(folder => folder, StringComparer.Ordinal)
            .FirstOrDefault();
}
