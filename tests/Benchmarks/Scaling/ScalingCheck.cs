using ActorTrain.Benchmarks.Report;
using ActorTrain.CostModel;
using Machine = ActorTrain.Benchmarks.Report.Machine;

namespace ActorTrain.Benchmarks.Scaling;

/// <summary>The cost model beside real processes, all on this machine.</summary>
internal static class ScalingCheck
{
    /// <summary>Rows of a step.</summary>
    public const int Minibatch = 64;

    /// <summary>Leaves of its tree.</summary>
    public const int Microbatches = 16;

    private const int StepsPerEpoch = 100;
    private const int EpochsThatDoNotCount = 3;
    private static readonly int[] Workers = [1, 2, 4, 8];

    /// <summary>Runs and predicts; the numbers of processes take turns.</summary>
    /// <param name="data">MNIST, whose first images are trained on.</param>
    /// <param name="models">Hidden layers, rounds, epochs of each run, and what was measured of the network.</param>
    public static Section Run(
        Dataset data, IReadOnlyList<(string Hidden, int Rounds, int Epochs, MeasuredCosts Costs)> models)
    {
        using var folder = new TemporaryFolder();
        IdxFolder.WriteCompressed(
            folder.Path, Subset.Of(data, StepsPerEpoch * Minibatch, TrainingPlan.EvaluationRows));
        return Run(folder.Path, models);
    }

    private static Section Run(
        string folder, IReadOnlyList<(string Hidden, int Rounds, int Epochs, MeasuredCosts Costs)> models)
    {
        var (rows, ratios) = (new List<string[]>(), new List<double>());
        var server = ServerCosts.Of(Workers, _ => (Minibatch, Microbatches));
        foreach (var (hidden, rounds, epochs, costs) in models)
        {
            var measured = Workers.ToDictionary(w => w, _ => new List<double>());
            for (var round = 0; round < rounds; round++)
                foreach (var workers in Workers)
                {
                    Console.WriteLine($"hidden {hidden}, {workers} worker processes, load {Machine.Load}");
                    measured[workers].AddRange(ClusterBenchmark.EpochsOf(
                        new(folder, hidden, epochs, workers, ServerShards: 0,
                            "--microbatches", $"{Microbatches}", "--shared-memory", "false"))
                        .Skip(EpochsThatDoNotCount).Select(seconds => seconds * 1e6 / StepsPerEpoch));
                }
            foreach (var workers in Workers)
            {
                var predicted = CostedCluster.Run(
                    Workload.StandIn(costs.Network, Minibatch, Microbatches, steps: 12),
                    costs.OnThisMachine(Minibatch / Microbatches, server),
                    new(workers, ShardsOfWorker: 1, IsOneMachine: true)).StepMicroseconds;
                var figures = new Figures(measured[workers]);
                ratios.Add(predicted / figures.Median);
                rows.Add(
                [
                    hidden, $"{workers}", $"{figures}", Figures.Short(predicted), Figures.Short(ratios[^1]),
                ]);
            }
        }
        return new("Predicted and measured on one machine",
            $"The model predicts {Figures.Short(ratios.Min())} to {Figures.Short(ratios.Max())} times what was "
            + "measured. A server that only serves and workers with a shard each, "
            + $"{Environment.ProcessorCount} cores for all of them; a minibatch of {Minibatch} in {Microbatches} "
            + "microbatches, gradients and parameters through sockets (`--shared-memory false`). Microseconds a step, "
            + $"epochs of {StepsPerEpoch} steps after the first {EpochsThatDoNotCount} of runs that took turns.",
            ["hidden", "worker processes", "measured", "predicted", "predicted / measured"], rows);
    }
}
