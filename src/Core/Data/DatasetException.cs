namespace ActorTrain;

/// <summary>A data file or folder is missing or is not what it should be. The message says what was expected.</summary>
/// <param name="path">The file or folder.</param>
/// <param name="problem">What is wrong with it.</param>
/// <param name="expected">What would be right.</param>
/// <param name="cause">The error below, if there is one.</param>
public sealed class DatasetException(string path, string problem, string expected, Exception? cause = null)
    : IOException($"{path}: {problem}; expected {expected}.", cause)
{
    /// <summary>The file or folder.</summary>
    public string Path { get; } = path;

    /// <summary>What is wrong with it.</summary>
    public string Problem { get; } = problem;

    /// <summary>What would be right.</summary>
    public string Expected { get; } = expected;
}
