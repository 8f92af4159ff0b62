namespace ActorTrain.Checkpoints;

/// <summary>A file is not a checkpoint that this program can read. The message says why.</summary>
/// <param name="file">The file.</param>
/// <param name="problem">What is wrong with it.</param>
/// <param name="cause">The error below, if there is one.</param>
public sealed class CheckpointException(
    string file, string problem, Exception? cause = null) : IOException($"{file}: {problem}.", cause)
{
    /// <summary>The file.</summary>
    public string File { get; } = file;

    /// <summary>What is wrong with it.</summary>
    public string Problem { get; } = problem;
}
