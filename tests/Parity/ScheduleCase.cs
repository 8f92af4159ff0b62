using System.Text.Json;

namespace ActorTrain.Parity;

/// <summary>A learning-rate schedule: the rate of each step.</summary>
internal static class ScheduleCase
{
    /// <summary>What is different; nothing where all agrees.</summary>
    public static string? Disagreement(JsonElement json)
    {
        var attributes = new Attributes(json.GetProperty("attrs"));
        var schedule = Schedule(json.GetProperty("scheduler").GetString()!, attributes);
        attributes.CheckAllAsked();
        var rate = json.GetProperty("base_lr").GetDouble();
        double[] theirs = [.. json.GetProperty("lr_per_step").EnumerateArray().Select(e => e.GetDouble())];
        return Closeness.Disagreement(
            "rate of step", theirs, [.. theirs.Select((_, step) => schedule.RateAt(rate, step))]);
    }

    private static LearningRateSchedule Schedule(string name, Attributes a) => name switch
    {
        "StepLR" => new StepLR(a.Whole("step_size", 0), a.Exact("gamma", 0.1)),
        "MultiStepLR" => new MultiStepLR([.. a.Wholes("milestones")], a.Exact("gamma", 0.1)),
        "ExponentialLR" => new ExponentialLR(a.Exact("gamma", 0)),
        "CosineAnnealingLR" => new CosineAnnealingLR(a.Whole("T_max", 0), a.Exact("eta_min", 0)),
        "OneCycleLR" => new OneCycleLR(
            a.Exact("max_lr", 0), a.Whole("total_steps", 0), a.Exact("pct_start", 0.3), a.Exact("div_factor", 25),
            a.Exact("final_div_factor", 1e4)),
        "LinearLR" => new WarmUp(a.Whole("total_iters", 5), a.Exact("start_factor", 1.0 / 3)),
        _ => throw new UnknownException($"schedule {name}"),
    };
}
