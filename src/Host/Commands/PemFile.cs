using System.Text;

namespace ActorTrain.Host.Commands;

/// <summary>A certificate or a key as a file.</summary>
/// <param name="Name">The file's name.</param>
/// <param name="Pem">Its text.</param>
/// <param name="IsSecret">Whether its owner alone may read it.</param>
internal sealed record PemFile(string Name, string Pem, bool IsSecret)
{
    /// <summary>Writes files that are there all together or not at all.</summary>
    /// <param name="folder">Where to; made if it is not there.</param>
    /// <param name="files">None of them is there.</param>
    /// <exception cref="FailureException">They can't be written; nothing is left of them.</exception>
    public static void WriteAll(string folder, IReadOnlyList<PemFile> files)
    {
        var whole = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        var isThere = Directory.Exists(whole);
        // On the disk that they will be on: a folder that is there may be the root of one.
        var unfinished =
            $"{(isThere ? Path.Combine(whole, "certs") : whole)}.{Guid.NewGuid():N}{DurableFile.UnfinishedSuffix}";
        try
        {
            Directory.CreateDirectory(unfinished);
            foreach (var file in files) file.Write(unfinished);
            if (isThere)
                foreach (var file in files)
                    File.Move(Path.Combine(unfinished, file.Name), Path.Combine(whole, file.Name));
            else Directory.Move(unfinished, whole);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentOutOfRangeException)
        {
            // The last is how the runtime tells that a file is larger than a process may write.
            throw new FailureException($"can't write {folder}: {e.Message}");
        }
        finally
        {
            if (Directory.Exists(unfinished)) Directory.Delete(unfinished, recursive: true);
        }
    }

    private void Write(string folder)
    {
        const UnixFileMode owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = IsSecret ? owner : owner | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
        using var file = new FileStream(Path.Combine(folder, Name), options);
        file.Write(Encoding.ASCII.GetBytes($"{Pem}\n"));
        file.Flush(flushToDisk: true);
    }
}
