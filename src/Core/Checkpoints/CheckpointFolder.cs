using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace ActorTrain.Checkpoints;

/// <summary>
/// A folder with the last checkpoints of one run, named by step: <c>step-000000001234.checkpoint</c>.
/// </summary>
/// <remarks>One process at a time saves into a folder; any number may read.</remarks>
public sealed class CheckpointFolder
{
    private const string Prefix = "step-";
    private const string Suffix = ".checkpoint";
    private const string Aside = "set-aside-";

    /// <param name="folder">Is made by the first <see cref="Save"/>.</param>
    /// <param name="keep">How many checkpoints stay, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="keep"/> is below 1.</exception>
    public CheckpointFolder(string folder, int keep)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(keep, 1);
        Folder = folder;
        Keep = keep;
    }

    /// <summary>Where the files are.</summary>
    public string Folder { get; }

    /// <summary>How many checkpoints stay.</summary>
    public int Keep { get; }

    /// <summary>
    /// Writes a checkpoint durably; only then removes those of lower steps that are too many, and what crashes left
    /// unfinished. Files of higher steps stay: a run that went back because they are damaged will write them again.
    /// </summary>
    /// <param name="step">Names the file; at least 0.</param>
    /// <param name="checkpoint">From <see cref="CheckpointFormat.Encode"/>.</param>
    /// <returns>The path of the file.</returns>
    /// <exception cref="IOException">It could not be written; the older ones are all there.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written; the older ones are all there.</exception>
    public string Save(long step, ReadOnlySpan<byte> checkpoint)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        Directory.CreateDirectory(Folder);
        var path = Path.Combine(Folder, Prefix + step.ToString("D12", CultureInfo.InvariantCulture) + Suffix);
        DurableFile.Write(path, checkpoint);
        foreach (var (old, _) in NewestFirst().Where(file => file.Step < step).Skip(Keep - 1)) File.Delete(old);
        const string unfinished = $"{Prefix}*{Suffix}.*{DurableFile.UnfinishedSuffix}";
        foreach (var left in Directory.EnumerateFiles(Folder, unfinished)) File.Delete(left);
        return path;
    }

    /// <summary>
    /// The newest checkpoint that can be read; damaged ones before it are skipped and reported, never deleted.
    /// </summary>
    /// <param name="isWanted">By a file's header; none: any will do.</param>
    public CheckpointSearch Newest(Predicate<string>? isWanted = null)
    {
        var skipped = ImmutableArray.CreateBuilder<CheckpointException>();
        foreach (var (path, step) in NewestFirst())
        {
            try
            {
                if (isWanted is not null && !isWanted(CheckpointFormat.ReadHeader(path))) continue;
                return new(new(path, step, CheckpointFormat.Read(path)), skipped.ToImmutable());
            }
            catch (CheckpointException e)
            {
                skipped.Add(e);
            }
        }
        return new(null, skipped.ToImmutable());
    }

    /// <summary>
    /// Moves checkpoints into a new folder in this one, where neither <see cref="Newest"/> nor <see cref="Save"/> finds
    /// them. Those that can't be read stay.
    /// </summary>
    /// <param name="isOther">By a file's header.</param>
    /// <returns>The folder that they are in now; none: there were none.</returns>
    /// <exception cref="IOException">One could not be moved.</exception>
    /// <exception cref="UnauthorizedAccessException">One may not be moved.</exception>
    public string? SetAside(Predicate<string> isOther)
    {
        string? aside = null;
        foreach (var (path, _) in NewestFirst())
        {
            if (!IsReadable(path, out var header) || !isOther(header)) continue;
            aside ??= Unused(Path.Combine(Folder, Aside));
            Directory.CreateDirectory(aside);
            File.Move(path, Path.Combine(aside, Path.GetFileName(path)));
        }
        return aside;
    }

    private static bool IsReadable(string path, [NotNullWhen(true)] out string? header)
    {
        try
        {
            header = CheckpointFormat.ReadHeader(path);
            return true;
        }
        catch (CheckpointException)
        {
            header = null;
            return false;
        }
    }

    private static string Unused(string prefix)
    {
        var number = 1;
        while (Directory.Exists($"{prefix}{number}")) number++;
        return $"{prefix}{number}";
    }

    private List<(string Path, long Step)> NewestFirst()
    {
        if (!Directory.Exists(Folder)) return [];
        var files = new List<(string Path, long Step)>();
        foreach (var path in Directory.EnumerateFiles(Folder, $"{Prefix}*{Suffix}"))
        {
            var digits = Path.GetFileName(path)[Prefix.Length..^Suffix.Length];
            if (long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var step))
                files.Add((path, step));
        }
        return [.. files.OrderByDescending(file => file.Step)];
    }
}
