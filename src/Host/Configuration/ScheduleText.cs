using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace ActorTrain.Host.Configuration;

/// <summary>
/// A learning-rate schedule as a setting says it. What is counted in epochs or to the run's end becomes a number of
/// updates when the run is known, and that number is in the recipe: a resumed run does not count again.
/// </summary>
/// <param name="Text">The setting.</param>
internal sealed record ScheduleText(string Text)
{
    /// <summary>What can be said, for errors.</summary>
    public const string Allowed =
        "none, step:SIZE:GAMMA, multistep:AT,AT:GAMMA, exponential:GAMMA, cosine[:STEPS[:MIN]], onecycle:MAX[:STEPS], "
        + "or warmup:STEPS[:START] alone or before one of these with + between; SIZE, AT and STEPS in steps, or in "
        + "epochs as in 2e";

    /// <summary>Reads a text; false when it names no schedule.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out ScheduleText? value)
    {
        // Of a run that is long enough for anything: only the text is looked at.
        value = Read(text, stepsPerEpoch: 1000, totalSteps: long.MaxValue) is null ? null : new(text);
        return value is not null;
    }

    /// <summary>The schedule that a recipe file says as a text; none where it does not.</summary>
    /// <exception cref="UsageException">The text names none.</exception>
    public static ScheduleText? Of(RecipeFile? file, string? path) => file?.Schedule switch
    {
        null => null,
        var text when TryParse(text, out var value) => value,
        var text => throw new UsageException($"--model: {path}: recipe.schedule is '{text}'; give {Allowed}."),
    };

    /// <summary>The schedule for a run.</summary>
    /// <exception cref="UsageException">The run is too short for it.</exception>
    public LearningRateSchedule Of(TrainingPlan plan) => Read(Text, plan.StepsPerEpoch, plan.TotalSteps)
        ?? throw new UsageException(
            $"--schedule: '{Text}' does not fit into the run's {plan.TotalSteps} steps; give fewer.");

    private static LearningRateSchedule? Read(string text, int stepsPerEpoch, long totalSteps)
    {
        try
        {
            var parts = text.Split('+');
            var words = parts[0].Split(':');
            if (words[0] != "warmup") return parts.Length == 1 ? Plain(words, stepsPerEpoch, totalSteps) : null;
            if (words.Length is not (2 or 3) || parts.Length > 2) return null;
            var steps = Steps(words[1], stepsPerEpoch);
            var then = parts.Length == 1
                ? new ConstantRate()
                : Plain(parts[1].Split(':'), stepsPerEpoch, totalSteps - steps);
            if (then is null) return null;
            return words.Length == 2 ? new WarmUp(steps, Then: then) : new WarmUp(steps, Number(words[2]), then);
        }
        catch (Exception e) when (e is FormatException or OverflowException or ArgumentException)
        {
            return null;
        }
    }

    private static LearningRateSchedule? Plain(string[] words, int stepsPerEpoch, long left) => words switch
    {
        ["none"] => new ConstantRate(),
        ["step", var size, var gamma] => new StepLR(Steps(size, stepsPerEpoch), Number(gamma)),
        ["multistep", var at, var gamma] =>
            new MultiStepLR([.. at.Split(',').Select(a => Steps(a, stepsPerEpoch))], Number(gamma)),
        ["exponential", var gamma] => new ExponentialLR(Number(gamma)),
        ["cosine"] => new CosineAnnealingLR(left),
        ["cosine", var steps] => new CosineAnnealingLR(Steps(steps, stepsPerEpoch)),
        ["cosine", var steps, var least] => new CosineAnnealingLR(Steps(steps, stepsPerEpoch), Number(least)),
        ["onecycle", var most] => new OneCycleLR(Number(most), left),
        ["onecycle", var most, var steps] => new OneCycleLR(Number(most), Steps(steps, stepsPerEpoch)),
        _ => null,
    };

    private static long Steps(string text, int stepsPerEpoch) => text.EndsWith('e')
        ? (long)Math.Round(Number(text[..^1]) * stepsPerEpoch)
        : long.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);

    private static double Number(string text) => double.Parse(
        text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture);
}
