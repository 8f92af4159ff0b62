using ActorTrain.Actors;

namespace ActorTrain.Host.Commands;

/// <summary>What <c>--data</c> names.</summary>
internal static class DataOption
{
    /// <summary>Loads <c>mnist</c>, or a folder of IDX files.</summary>
    /// <exception cref="UsageException">It is neither.</exception>
    /// <exception cref="DatasetException">A file is missing or damaged.</exception>
    public static Task<Dataset> Load(string? data) => data switch
    {
        null or "mnist" => DatasetLoading.Load(Dataset.FindMnist()),
        _ when Directory.Exists(data) => DatasetLoading.Load(data),
        _ => throw new UsageException(
            $"--data: '{data}' is neither mnist nor a folder; give mnist, or a folder with four IDX files."),
    };
}
