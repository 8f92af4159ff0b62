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

    private static readonly int[] Workers = [1, 2, 4, 8];

    /// <summary>Runs and predicts; the numbers of processes take turns.</summary>
    /// <param name="data">MNIST, whose first images are trained on.</param>
    /// <param name="models">What is run.</param>
    public static Section Run(Dataset data, IReadOnlyList<CheckedModel> models)
    {
        var (rows, ratios) = (new List<string[]>(), new List<double>());
        var server = ServerCosts.Of(Workers, _ => (Minibatch, Microbatches));
        foreach (var model in models)
        {
            var (hidden, costs) = (model.Hidden, model.Costs);
            var measured = Measure(data, model);
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
            + "the second half of the epochs of runs that took turns.",
            ["hidden", "worker processes", "measured", "predicted", "predicted / measured"], rows);
    }

    private static Dictionary<int, List<double>> Measure(Dataset data, CheckedModel model)
    {
        using var folder = new TemporaryFolder();
        IdxFolder.WriteCompressed(
            folder.Path, Subset.Of(data, model.Steps * Minibatch, TrainingPlan.EvaluationRows));
        var measured = Workers.ToDictionary(w => w, _ => new List<double>());
        for (var round = 0; round < model.Rounds; round++)
            foreach (var workers in Workers)
            {
                Console.WriteLine($"hidden {model.Hidden}, {workers} worker processes, load {Machine.Load}");
                measured[workers].AddRange(ClusterBenchmark.EpochsOf(
                    new(folder.Path, model.Hidden, model.Epochs, workers, ServerShards: 0,
                        "--microbatches", $"{Microbatches}", "--shared-memory", "false"))
                    .Skip(model.Epochs / 2).Select(seconds => seconds * 1e6 / model.Steps));
            }
        return measured;
    }
}

/// <summary>What the model is checked with.</summary>
/// <param name="Hidden">Features of hidden layers.</param>
/// <param name="Rounds">Runs of each number of processes.</param>
/// <param name="Epochs">Of each run.</param>
/// <param name="Steps">Of each epoch.</param>
/// <param name="Costs">What was measured of the network.</param>
internal sealed record CheckedModel(string Hidden, int Rounds, int Epochs, int Steps, MeasuredCosts Costs);
