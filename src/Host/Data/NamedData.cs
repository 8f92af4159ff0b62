namespace ActorTrain.Host.Data;

/// <summary>Finds the folder of a data set that has a name, or fetches it.</summary>
internal static class NamedData
{
    /// <summary>What <c>--data</c> may be, for people.</summary>
    public const string Choices =
        "mnist, fashion-mnist, emnist-digits …, or a folder of IDX files or of pictures in train/CLASS and test/CLASS";

    private const string InstalledFolder = "/usr/share/datasets";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Is there a data set of this name?</summary>
    public static bool Has(string name) => KnownDataset.Of(name) is not null || Emnist.IsName(name);

    /// <summary>
    /// The folder with the set's files: beside the program or in a folder above (see <see cref="Dataset.Find"/>), in
    /// the user's cache, or where Debian's package has it; else it is downloaded into the cache.
    /// </summary>
    /// <param name="name">One that <see cref="Has"/> knows.</param>
    /// <exception cref="FailureException">It is nowhere and can't be downloaded.</exception>
    public static async Task<string> FolderOf(string name)
    {
        if (Dataset.Find(name) is { } found) return found;
        if (KnownDataset.Of(name) is { } known)
        {
            var installed = Path.Combine(InstalledFolder, name);
            return !IsComplete(known, CacheOf(name)) && IsComplete(known, installed) ? installed : await Fetched(known);
        }
        var folder = CacheOf(name);
        if (!Directory.Exists(folder))
            Emnist.Unpack(
                Path.Combine(await Fetched(Emnist.Archive), Emnist.Archive.Files[0].Name), name, folder);
        return folder;
    }

    /// <summary>Fetches the files that a folder does not have yet.</summary>
    /// <param name="known">The data set.</param>
    /// <param name="folder">Is made if it is not there.</param>
    /// <param name="downloader">Fetches them.</param>
    /// <param name="tell">Told about each file before.</param>
    /// <exception cref="FailureException">A file can't be had, or the folder can't be made.</exception>
    internal static async Task Download(
        KnownDataset known, string folder, Downloader downloader, Action<string> tell)
    {
        try
        {
            Directory.CreateDirectory(folder);
            foreach (var file in known.Files.Where(file => !File.Exists(Path.Combine(folder, file.Name))))
            {
                tell($"{known.Name}: downloading {file.Name} ({file.Bytes / 1e6:F1} MB) to {folder}");
                await downloader.Fetch(file, known.Mirrors, folder);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FailureException($"{known.Name}: can't be written to {folder}: {e.Message}");
        }
    }

    private static async Task<string> Fetched(KnownDataset known)
    {
        var folder = CacheOf(known.Name);
        if (IsComplete(known, folder)) return folder;
        using var http = new HttpClient { Timeout = Patience };
        await Download(known, folder, new(http, Patience), Console.Error.WriteLine);
        return folder;
    }

    private static string CacheOf(string name) => Path.Combine(
        Environment.GetFolderPath(
            Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify),
        "actortrain", "data", name);

    private static bool IsComplete(KnownDataset known, string folder) =>
        known.Files.All(file => File.Exists(Path.Combine(folder, file.Name)));
}
