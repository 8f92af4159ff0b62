using System.Text.Json;

namespace ActorTrain.Parity;

/// <summary>One thing to compare.</summary>
/// <param name="Kind">case, optimizer, schedule or training.</param>
/// <param name="Name">Its name in the file.</param>
/// <param name="Check">Compares; throws what the library throws, and <see cref="UnknownException"/>.</param>
public sealed record Case(string Kind, string Name, Func<string?> Check)
{
    /// <summary>What is different, in a line; nothing where all agrees.</summary>
    public string? Disagreement()
    {
        try
        {
            return Check();
        }
        catch (UnknownException e)
        {
            return e.Message;
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or KeyNotFoundException)
        {
            return $"{e.GetType().Name}: {e.Message.Split('\n')[0]}";
        }
    }
}

/// <summary>The cases of a file.</summary>
public static class Cases
{
    /// <summary>All of them, in the file's order.</summary>
    public static IEnumerable<Case> Of(JsonElement file)
    {
        foreach (var json in List(file, "cases"))
            yield return new("case", Name(json), () => OperationCase.Disagreement(json));
        foreach (var json in List(file, "optimizers"))
            yield return new("optimizer", Name(json), () => OptimizerCase.Disagreement(json));
        foreach (var json in List(file, "schedulers"))
            yield return new("schedule", Name(json), () => ScheduleCase.Disagreement(json));
        if (file.TryGetProperty("training", out var training))
            yield return new("training", training.GetProperty("layers").GetString()!,
                () => TrainingCase.Disagreement(training));
    }

    private static IEnumerable<JsonElement> List(JsonElement file, string name) =>
        file.TryGetProperty(name, out var list) ? list.EnumerateArray() : [];

    private static string Name(JsonElement json) => json.GetProperty("name").GetString()!;
}

/// <summary>The file names something that this library or this runner does not have.</summary>
/// <param name="what">What.</param>
public sealed class UnknownException(string what) : Exception($"there is no {what} here");
