namespace ActorTrain.Interop;

/// <summary>
/// A file of another program's that can't be read here. The message says which, where, and what is wrong.
/// </summary>
/// <param name="file">The file.</param>
/// <param name="what">What is wrong with it, without a full stop.</param>
public sealed class InteropException(string file, string what) : FormatException($"{file}: {what}.");
