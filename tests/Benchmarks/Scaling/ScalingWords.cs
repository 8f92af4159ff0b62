using ActorTrain.Benchmarks.Report;

namespace ActorTrain.Benchmarks.Scaling;

/// <summary>What the predictions say, in sentences that follow from their numbers.</summary>
internal static class ScalingWords
{
    /// <summary>What breaks first, over all cases and then in each.</summary>
    public static string WhatBreaksFirst(IReadOnlyList<Limit> limits, IReadOnlyList<ScalingForecast> forecasts)
    {
        IEnumerable<string> cases = limits.GroupBy(l => (l.Hidden, l.Scenario.Name))
            .Select(g => $"Hidden {g.Key.Hidden}, {g.Key.Name}: {string.Join("; ", g.Select(Case))}.");
        var late = forecasts.Select(Late).Where(sentence => sentence.Length > 0);
        var plans = string.Join(" and ", forecasts.DistinctBy(f => f.Scenario).Select(Plan));
        return $"""
            {Overall(limits)}

            {string.Join('\n', cases.Concat(late).Select(sentence => $"- {sentence}"))}

            Dividing a step among {Scenario.Nodes[^1]:N0} nodes takes the server's actor {plans}, whatever the network.
            """;
    }

    private static string Plan(ScalingForecast forecast) =>
        $"{Figures.Short(forecast.PlanMicroseconds(Scenario.Nodes[^1]) / 1e3)} ms ({forecast.Scenario.Name})";

    private static string Overall(IReadOnlyList<Limit> limits)
    {
        var broken = limits.Where(l => !l.IsOpen).ToList();
        if (broken.Count == 0) return "Nothing does up to the most nodes of the tables: each doubling pays.";
        var first = broken.GroupBy(l => l.Used[0].What).OrderByDescending(g => g.Count()).Select(g =>
            $"{g.Key} in {g.Count()} of {limits.Count} cases (from {Range([.. g.Select(l => l.Beyond)])} nodes on)");
        return $"Most used where more nodes stop to pay: {string.Join(", ", first)}. In each case, the most that a "
            + "cluster is worth, and what is used most at the first number of nodes that does not pay:";
    }

    private static string Case(Limit l)
    {
        var on = $"on {l.Gigabits} Gbit/s";
        if (l.Best.Gain <= 1) return $"{on} never faster than one process ({UsedAt(l)})";
        var slower = l.SlowerFrom is { } nodes ? $", from {nodes} on slower than that" : "";
        return $"{on} at most {Figures.Short(l.Best.Gain)} times one process, with {l.Best.Nodes} nodes{slower} "
            + $"({(l.IsOpen ? "all of them pay" : UsedAt(l))})";
    }

    private static string UsedAt(Limit l) => $"at {l.Beyond}: " + string.Join(
        ", ", l.Used.Take(2).Select(u => $"{u.What} {Figures.Percent(u.Share)}"));

    private static string Late(ScalingForecast forecast) => forecast.LateOnUsualNetwork() is not { } late
        ? ""
        : $"Hidden {forecast.Hidden}, {forecast.Scenario.Name}: from {late.Nodes} nodes on, on "
            + $"{ScalingForecast.UsualGigabits} Gbit/s, steps take so long that work counts as late and is given to "
            + $"others too ({late.Times} times in six steps), which only adds to the load.";

    private static string Range(List<int> nodes) =>
        nodes.Min() == nodes.Max() ? $"{nodes[0]}" : $"{nodes.Min()} to {nodes.Max()}";
}
