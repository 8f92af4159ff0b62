using System.Globalization;
using ActorTrain.Benchmarks.Report;

namespace ActorTrain.Benchmarks.Scaling;

/// <summary>The page about scaling.</summary>
internal static class ScalingPage
{
    /// <summary>Its name.</summary>
    public const string File = "scaling.md";

    private const double MostLoad = 1.5;

    /// <summary>Writes it and its pictures.</summary>
    public static void Write(string load, Section constants, Section check, IReadOnlyList<ScalingForecast> forecasts)
    {
        Section[] tables = [.. forecasts.Select(f => f.Table())];
        List<Limit> limited = [.. forecasts.SelectMany(f => f.Limits())];
        Section limits = new("What breaks first",
            ScalingWords.WhatBreaksFirst(limited, forecasts)
            + "\n\nA doubling of the nodes pays as long as it brings a quarter more images a second. Gain is over one "
            + "process on one machine. Transfer is the parameters to each node and one gradient back, through the one "
            + "network of the server. The last column is what is used most at the first number of nodes that does not "
            + "pay.",
            [
                "hidden", "minibatch", "Gbit/s", "nodes whose transfer takes as long as computing",
                "doubling pays up to", "most gain, at nodes", "what is used most beyond",
            ],
            [.. limited.Select(Row)]);
        Section alternatives = new("What would help",
            $"Milliseconds a step on {ScalingForecast.UsualGigabits} Gbit/s: simulated; simulated with nodes "
            + $"that compute up to {Figures.Percent(ScalingForecast.Spread)} faster or slower; and as a sum of terms "
            + "(`ClosedForm`) without what overlaps. Then by the same sum with nodes in between that each give "
            + "parameters to at most 16 others and sum their gradients, with the parameters divided among 8 servers, "
            + "and with both. The last column is how many gradients a step asks for when nodes differ: the server "
            + "divides by measured speed, and a share that is no whole subtree comes back as several gradients.",
            [
                "hidden", "minibatch", "nodes", "simulated", "nodes differ", "sum of terms", "fan-out 16",
                "8 servers", "both", "gradients when nodes differ",
            ],
            [.. forecasts.SelectMany(f => f.Alternatives())]);
        Section[] sections = [limits, check, .. tables, alternatives, constants];
        Docs.Write(File, Text(load, sections), sections);
    }

    private static string[] Row(Limit l) =>
    [
        l.Hidden, l.Scenario.File, $"{l.Gigabits}", Figures.Short(l.EvenNodes), $"{l.Pays}",
        $"{Figures.Short(l.Best.Gain)} at {l.Best.Nodes}",
        string.Join(", ", l.Used.Take(2).Select(u => $"{u.What} {Figures.Percent(u.Share)}")),
    ];

    // Other programs take turns with the processes that are measured, not with the model's.
    private static string Warning(string load) =>
        double.TryParse(load, CultureInfo.InvariantCulture, out var average) && average > MostLoad
            ? $"**The machine was busy (above {MostLoad}): what was measured of real processes is no check of the "
                + "model, and the constants are too large. Run the command again when it is quiet.**"
            : "The machine was quiet.";

    private static string Text(string load, IEnumerable<Section> sections) => $"""
        # How far it scales

        Written by

        ```sh
        dotnet run -c Release --project tests/Benchmarks -- scaling
        ```

        on {DateTime.UtcNow:yyyy-MM-dd}: {Machine.Description}; load average {load} before it began, {Machine.Load} at
        its end.
        {Warning(load)}

        `tests/CostModel` runs the real transitions of the server and of every worker in virtual time. What they decide
        costs what it cost when it was measured alone: the work of a gradient, an update, a message waits for a core of
        its machine and has it for up to 3 ms at a time, threads that slept take time to wake and spin before they
        sleep, bytes share its network. The rules of 1,024 nodes run as they are; only the numbers that they would train
        are left out. `CostModelTests` adds the times of one and two nodes up by hand, and holds that costs change
        no order and no weight.

        Predictions are for machines as this one: a server that only serves and as many worker nodes, a shard for each
        core, TLS between all of them as a cluster beyond loopback must have, 94 % of the network's bits for payload,
        and {MeasuredCosts.NetworkLatency:F0} µs through it, which is assumed. What is not in the model: packets that
        are lost when many senders meet at one switch, other programs, what memory and threads cost a server with
        1,024 connections (it keeps a gradient of each node and two threads for each). So the last rows are bounds from
        below.

        {string.Join("\n", sections.Select(s => s.Markdown()))}
        """;
}
