using ActorTrain.Actors;
using ActorTrain.Host.Data;

namespace ActorTrain.Host.Commands;

/// <summary>What <c>--data</c> names.</summary>
internal static class DataOption
{
    /// <summary>Loads a data set that has a name, or a folder of IDX files or of pictures.</summary>
    /// <exception cref="UsageException">It is none of these.</exception>
    /// <exception cref="DatasetException">A file is damaged.</exception>
    /// <exception cref="FailureException">It is not here and can't be downloaded.</exception>
    public static async Task<Dataset> Load(string? data)
    {
        data ??= "mnist";
        if (NamedData.Has(data)) return await DatasetLoading.Load(await NamedData.FolderOf(data));
        if (PictureFolders.IsAt(data)) return await Task.Run(() => PictureFolders.Load(data));
        if (Directory.Exists(data)) return await DatasetLoading.Load(data);
        throw new UsageException($"--data: '{data}' is neither a name nor a folder; give {NamedData.Choices}.");
    }
}
