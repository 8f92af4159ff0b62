namespace ActorTrain.Actors.Security;

/// <summary>This node's certificate files cannot be used.</summary>
/// <param name="file">Which.</param>
/// <param name="problem">Why, and what would help.</param>
public sealed class IdentityException(string file, string problem) : IOException($"{file}: {problem}")
{
    /// <summary>The file.</summary>
    public string File { get; } = file;
}
