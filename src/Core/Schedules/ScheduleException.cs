namespace ActorTrain.Schedules;

/// <summary>A schedule can't be read, or can't be what happened.</summary>
/// <param name="message">One sentence for people.</param>
public sealed class ScheduleException(string message) : FormatException(message);
