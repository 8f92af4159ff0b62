namespace ActorTrain;

/// <summary>
/// A recipe or model file says something that it can't; the message names the key and what is allowed.
/// </summary>
/// <param name="message">One sentence for people.</param>
public sealed class RecipeException(string message) : FormatException(message);
