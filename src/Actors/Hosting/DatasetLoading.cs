namespace ActorTrain.Actors;

/// <summary>Loads datasets on several threads.</summary>
public static class DatasetLoading
{
    /// <summary>A folder of IDX files, both splits at once.</summary>
    /// <exception cref="DatasetException">A file is missing or damaged.</exception>
    public static async Task<Dataset> Load(string folder, CancellationToken cancellation = default)
    {
        var test = Task.Run(() => Split.LoadTest(folder), cancellation);
        var train = await Task.Run(() => Split.LoadTrain(folder), cancellation);
        return Dataset.Combine(
            Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))), train, await test);
    }
}
