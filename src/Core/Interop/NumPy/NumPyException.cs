namespace ActorTrain.Interop.NumPy;

/// <summary>Bytes that are no array of NumPy's that can be read. The message says which, where and what is.</summary>
/// <param name="file">The file, and the array in it.</param>
/// <param name="what">What is wrong with it.</param>
public sealed class NumPyException(string file, string what) : FormatException($"{file}: {what}.");
