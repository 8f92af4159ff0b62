namespace ActorTrain.Host;

/// <summary>The command line or the configuration asks for something that can't be; exit code 2.</summary>
/// <param name="message">For people; one line for each mistake.</param>
internal sealed class UsageException(string message) : Exception(message);

/// <summary>The outside fails: a file, a library, the disk; exit code 1.</summary>
/// <param name="message">For people.</param>
internal sealed class FailureException(string message) : Exception(message);
