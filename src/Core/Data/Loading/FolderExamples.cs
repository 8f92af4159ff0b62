using System.Collections.Immutable;

namespace ActorTrain;

/// <summary>
/// Files in one folder for each class, as PyTorch's <c>ImageFolder</c>: classes are numbered in the order of their
/// names, and so are the files of a class. A file is read when it is asked for.
/// </summary>
public sealed class FolderExamples : IExamples
{
    private readonly Func<string, Tensor> _read;

    /// <summary>The files of a folder's folders.</summary>
    /// <param name="folder">Holds one folder for each class.</param>
    /// <param name="extension">Which files count, for example <c>.png</c>.</param>
    /// <param name="read">Makes the input of a file's path: a pure function of its contents.</param>
    /// <exception cref="DatasetException">There is no such folder, fewer than two classes, or a class without files.
    /// </exception>
    public FolderExamples(string folder, string extension, Func<string, Tensor> read)
    {
        _read = read;
        if (!Directory.Exists(folder))
            throw new DatasetException(folder, "no such folder", "a folder with one folder for each class");
        Classes = [.. Directory.EnumerateDirectories(folder).Select(LastName).Order(StringComparer.Ordinal)];
        if (Classes.Length < 2)
            throw new DatasetException(folder, $"{Classes.Length} folders", "one for each class, at least 2");
        Files = [.. Classes.SelectMany((name, label) => FilesOf(Path.Combine(folder, name), extension, label))];
    }

    /// <summary>The names of the classes, by number.</summary>
    public ImmutableArray<string> Classes { get; }

    /// <summary>Every example's file and class.</summary>
    public ImmutableArray<(string Path, int Label)> Files { get; }

    /// <inheritdoc/>
    public int Count => Files.Length;

    /// <inheritdoc/>
    public (Tensor Input, int Label) this[int index] => (_read(Files[index].Path), Files[index].Label);

    private static IEnumerable<(string Path, int Label)> FilesOf(string folder, string extension, int label)
    {
        var files = Directory.EnumerateFiles(folder)
            .Where(file => file.EndsWith(extension, StringComparison.OrdinalIgnoreCase))
            .OrderBy(LastName, StringComparer.Ordinal)
            .Select(file => (file, label)).ToList();
        return files.Count > 0 ? files : throw new DatasetException(folder, $"no {extension} files", "at least one");
    }

    private static string LastName(string path) => Path.GetFileName(path);
}
