using ActorTrain.Actors;
using ActorTrain.Host.Data;

namespace ActorTrain.Host.Commands;

/// <summary>What <c>--data</c> names.</summary>
internal static class DataOption
{
    /// <summary>Loads a data set that has a name, or a folder of IDX files or of pictures.</summary>
    /// <param name="data">Its name or folder.</param>
    /// <param name="validation">How many of the last training examples are the test split; none: the real one.</param>
    /// <exception cref="UsageException">It is none of these, or has fewer examples.</exception>
    /// <exception cref="DatasetException">A file is damaged.</exception>
    /// <exception cref="FailureException">It is not here and can't be downloaded.</exception>
    public static async Task<Dataset> Load(string? data, int? validation = null)
    {
        var loaded = await Load(data ?? "mnist");
        try
        {
            return validation is { } count ? loaded.WithValidation(count) : loaded;
        }
        catch (ArgumentOutOfRangeException e)
        {
            throw new UsageException($"--validation is {validation}: {e.Message.Split(" (Parameter")[0]}");
        }
    }

    private static async Task<Dataset> Load(string data)
    {
        if (NamedData.Has(data)) return await DatasetLoading.Load(await NamedData.FolderOf(data));
        if (PictureFolders.IsAt(data)) return await Task.Run(() => PictureFolders.Load(data));
        if (Directory.Exists(data)) return await DatasetLoading.Load(data);
        throw new UsageException($"--data: '{data}' is neither a name nor a folder; give {NamedData.Choices}.");
    }
}
