using System.Runtime.InteropServices;

namespace ActorTrain;

/// <summary>
/// Files that are there entirely or not at all, even if the process dies or the power fails while writing.
/// </summary>
public static partial class DurableFile
{
    /// <summary>How the names of unfinished files end; a crash may leave one behind.</summary>
    public const string UnfinishedSuffix = ".unfinished";

    /// <summary>Replaces the file at <paramref name="path"/>, or makes it.</summary>
    /// <inheritdoc cref="Write(string, IEnumerable{ReadOnlyMemory{byte}})"/>
    public static void Write(string path, ReadOnlySpan<byte> contents) =>
        Replace(path, contents, static (file, contents) => file.Write(contents));

    /// <summary>Replaces the file at <paramref name="path"/>, or makes it, with the parts one after another.</summary>
    /// <param name="path">In a folder that exists.</param>
    /// <param name="parts">Asked for while writing; if it throws, nothing has happened.</param>
    /// <exception cref="IOException">It could not be written: the disk is full, the folder is missing. The old file is
    /// intact.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder or file may not be written. The old file is
    /// intact.</exception>
    /// <remarks>
    /// Writes a new file in the same folder, flushes it to the disk, renames it over the old one, then flushes the
    /// folder (Unix only, and only where the file system can: the runtime offers no way, so this calls fsync; elsewhere
    /// a power failure may bring the old file back, never a mixture). A link stays, and the file that it names is
    /// replaced. A device, a pipe or <c>/dev/stdout</c> (known on Linux) is written to as it is, without any promise.
    /// </remarks>
    public static void Write(string path, IEnumerable<ReadOnlyMemory<byte>> parts) =>
        Replace(path, parts, static (file, parts) =>
        {
            foreach (var part in parts) file.Write(part.Span);
        });

    /// <summary>
    /// Does all but the writing: a path where nothing can be written is an error now, the same as later.
    /// </summary>
    /// <inheritdoc cref="Write(string, IEnumerable{ReadOnlyMemory{byte}})" path="/exception"/>
    public static void Check(string path)
    {
        if (FileTarget.IsStream(path)) return;
        try
        {
            var unfinished = UnfinishedPath(FileTarget.Of(path));
            Create(unfinished).Dispose();
            File.Delete(unfinished);
        }
        catch (Exception e) when (Named(path, e) is { } named)
        {
            throw named;
        }
    }

    private static void Replace<T>(string path, T contents, Action<FileStream, T> write)
        where T : allows ref struct
    {
        if (FileTarget.IsStream(path))
        {
            WriteInto(path, contents, write);
            return;
        }
        string? unfinished = null;
        try
        {
            var target = FileTarget.Of(path);
            unfinished = UnfinishedPath(target);
            using (var file = Create(unfinished))
            {
                write(file, contents);
                file.Flush(flushToDisk: true);
            }
            Publish(unfinished, target);
        }
        catch (Exception e)
        {
            if (unfinished is not null) DeleteQuietly(unfinished);
            if (Named(path, e) is { } named) throw named;
            throw;
        }
    }

    private static void WriteInto<T>(string path, T contents, Action<FileStream, T> write)
        where T : allows ref struct
    {
        try
        {
            // At the end: standard output may be a file with lines in it.
            using var stream = new FileStream(
                path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
            write(stream, contents);
        }
        catch (IOException e)
        {
            throw new IOException($"{path}: not written, or not all of it: {e.Message}", e);
        }
    }

    // A name of its own for each attempt: two writers of one file disturb each other no more than in the order of
    // renames.
    private static string UnfinishedPath(string path) => $"{path}.{Guid.NewGuid():N}{UnfinishedSuffix}";

    private static FileStream Create(string unfinished) =>
        new(unfinished, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);

    private static void Publish(string unfinished, string path)
    {
        File.Move(unfinished, path, overwrite: true);
        if (!OperatingSystem.IsWindows()) FlushFolder(Path.GetDirectoryName(Path.GetFullPath(path))!);
    }

    private static Exception? Named(string path, Exception e) => e switch
    {
        UnauthorizedAccessException => new UnauthorizedAccessException(
            $"{path}: not written, the file there before is unchanged: {e.Message}", e),
        IOException => new IOException($"{path}: not written, the file there before is unchanged: {e.Message}", e),
        // How the runtime tells EFBIG.
        ArgumentOutOfRangeException => new IOException(
            $"{path}: not written, the file there before is unchanged: too large for the file system or a limit of the "
            + "process",
            e),
        _ => null,
    };

    private static void DeleteQuietly(string unfinished)
    {
        try
        {
            File.Delete(unfinished);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The error that brought us here says more; whoever lists the folder skips the suffix.
        }
    }

    private static void FlushFolder(string folder)
    {
        try
        {
            const int readOnly = 0;
            var handle = Open(folder, readOnly);
            if (handle < 0) return;
            _ = Synchronize(handle);
            _ = Close(handle);
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            // No C library under this name: the rename is then as durable as the file system makes it.
        }
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Synchronize(int handle);

    [LibraryImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Close(int handle);
}
