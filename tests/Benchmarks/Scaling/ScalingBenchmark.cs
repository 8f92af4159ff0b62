using ActorTrain.Benchmarks.Report;

namespace ActorTrain.Benchmarks.Scaling;

/// <summary>
/// How far a cluster scales: costs measured here, a model of them checked against real processes, and what it predicts
/// for up to 1,024 machines.
/// </summary>
internal static class ScalingBenchmark
{
    private static readonly (string Hidden, int[] Sizes, int Rounds, int Epochs, int Steps)[] Models =
        [("128,64", [128, 64], 2, 8, 400), ("1024,1024", [1024, 1024], 2, 4, 100)];

    /// <summary>Measures, predicts, and writes <c>docs/scaling.md</c> of the folder that this runs in.</summary>
    public static void Run()
    {
        Docs.PathOf(ScalingPage.File);
        var (data, load) = (Dataset.Mnist(), Machine.Load);
        var hop = ComputeCosts.Hop(data);
        var measured = Models.Select(m => new MeasuredCosts(m.Sizes, data, hop)).ToList();
        var check = ScalingCheck.Run(
            data,
            [.. Models.Zip(measured, (m, costs) => new CheckedModel(m.Hidden, m.Rounds, m.Epochs, m.Steps, costs))]);
        Scenario[] scenarios = [Scenario.Fixed, Scenario.Growing];
        List<ScalingForecast> forecasts = [];
        foreach (var scenario in scenarios)
        {
            var server = scenario.ServerCost();
            forecasts.AddRange(
                Models.Zip(measured, (m, costs) => new ScalingForecast(m.Hidden, costs, scenario, server)));
        }
        ScalingPage.Write(load, Constants(measured, scenarios, forecasts), check, forecasts);
    }

    private static Section Constants(
        IReadOnlyList<MeasuredCosts> measured, Scenario[] scenarios, IReadOnlyList<ScalingForecast> forecasts)
    {
        var (rows, nodes) = (new List<string[]>(), new[] { 16, 256, 1024 });
        foreach (var s in scenarios)
            foreach (var many in new[] { 16, 64, 256 })
                Add($"gradient of {many} rows in microbatches of {s.LeafRows}", m => m.GradientOf(s.LeafRows).At(many));
        foreach (var many in new[] { 1, 4, 16 })
            Add($"sum of {many} gradients, and update", m => m.Update.At(many));
        Add("cores that this machine's are worth when all compute", m => m.CoresTogether);
        Add("message between two actors", m => m.Hop);
        Add("frame, at each end", m => m.Plain.Send.Fixed);
        Add("frame, at each end, TLS", m => m.Secured.Send.Fixed);
        Add("MB sent", m => m.Plain.Send.PerByte * 1e6);
        Add("MB received", m => m.Plain.Receive.PerByte * 1e6);
        Add("MB sent, TLS", m => m.Secured.Send.PerByte * 1e6);
        Add("MB received, TLS", m => m.Secured.Receive.PerByte * 1e6);
        Add("one way beyond the work of both ends", m => m.Plain.Latency);
        Add("one way beyond the work of both ends, TLS", m => m.Secured.Latency);
        Add("MB one way, as fast as they go", m => 1e6 / m.Plain.BytesPerMicrosecond);
        Add("MB one way, as fast as they go, TLS", m => 1e6 / m.Secured.BytesPerMicrosecond);
        Add("waking of a thread that slept for 500 µs", m => m.Plain.Wake);
        Add("frame left to the thread that sends", m => m.Secured.Queue);
        foreach (var n in nodes) Add($"answer of one of {n} nodes", _ => forecasts[0].ServerCost.Answer.At(n));
        foreach (var (forecast, name) in new[] { (forecasts[0], "fixed"), (forecasts[^1], "growing") })
            foreach (var n in nodes)
                Add($"plan of a step for {n} nodes, minibatch {name}", _ => forecast.ServerCost.Plan.At(n));
        return new(
            "What was measured",
            "Microseconds: of one core's work, and one way of time, between two processes on loopback. An answer and a "
            + "plan are the server's transitions alone, with so many nodes.",
            ["what", .. Models.Select(m => $"hidden {m.Hidden}")], rows);

        void Add(string what, Func<MeasuredCosts, double> of) =>
            rows.Add([what, .. measured.Select(m => Figures.Short(of(m)))]);
    }
}
