namespace ActorTrain.Benchmarks.Report;

/// <summary>The folder of the documents, at the top of the repository.</summary>
internal static class Docs
{
    private const string Folder = "docs";

    /// <summary>Where a page is; said before anything is measured for it.</summary>
    /// <exception cref="DirectoryNotFoundException">The program runs elsewhere.</exception>
    public static string PathOf(string page) => Directory.Exists(Folder)
        ? Path.Combine(Folder, page)
        : throw new DirectoryNotFoundException(
            $"There is no folder {Folder} here; run this at the top of the repository.");

    /// <summary>Writes a page and the pictures of its sections.</summary>
    public static void Write(string page, string text, IEnumerable<Section> sections)
    {
        var path = PathOf(page);
        foreach (var (_, file, png) in sections.SelectMany(s => s.Pictures))
            File.WriteAllBytes(Path.Combine(Folder, "images", file), png);
        File.WriteAllText(path, text);
        Console.WriteLine($"written: {path}");
    }
}
