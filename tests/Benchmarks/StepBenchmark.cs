using ActorTrain.Actors;
using ActorTrain.Benchmarks.Peers;
using ActorTrain.Benchmarks.Report;
using ActorTrain.Host.Commands;

namespace ActorTrain.Benchmarks;

/// <summary>
/// Times whole epochs in one process, actors and all, against the arithmetic limit (the multiply-adds of a step at the
/// FMA peak of the cores in use, measured in the same run) and against libtorch. The contenders take turns, so that a
/// noisy moment hits all of them.
/// </summary>
internal static class StepBenchmark
{
    private const int BatchSize = 64;

    /// <summary>Measures and reports.</summary>
    /// <param name="peers">The folder with the peers; none: without them.</param>
    /// <param name="isQuick">A few epochs of the small network only.</param>
    public static Section Run(string? peers, bool isQuick)
    {
        var torch = Peer.TorchSharp(peers);
        var rows = new List<string[]>();
        (int[] Hidden, int Turns, int Epochs)[] models = isQuick
            ? [([128, 64], 1, 3)]
            : [([128, 64], 4, 5), ([1024, 1024], 2, 2)];
        foreach (var (hidden, turns, epochs) in models) rows.AddRange(Compare(hidden, turns, epochs, torch));
        return new("A step in one process",
            $"Minibatches of {BatchSize}, SGD with momentum, epochs of MNIST after the first of each run, which warms "
            + "up. The "
            + "limit is the step's multiply-adds at the FMA peak of as many cores, measured in the same run.",
            ["hidden", "contender", "µs a step", "limit, µs", "median / limit", "libtorch's best / median"], rows);
    }

    private static IEnumerable<string[]> Compare(int[] hidden, int turns, int epochs, Peer torch)
    {
        var data = Dataset.Mnist();
        var recipe =
            new Recipe { Model = Sequential.Mlp([784, .. hidden, 10]), BatchSize = BatchSize, Epochs = epochs };
        int[] counts = [.. new[] { 1, Environment.ProcessorCount }.Distinct()];
        var ours = counts.ToDictionary(c => c, _ => new List<double>());
        var theirs = counts.ToDictionary(c => c, _ => new List<double>());
        var peaks = counts.ToDictionary(c => c, _ => 0.0);
        var name = string.Join(',', hidden);
        for (var turn = 0; turn < turns; turn++)
            foreach (var count in counts)
            {
                peaks[count] = Math.Max(peaks[count], BenchCommand.AllCores(count));
                ours[count].AddRange(StepMicroseconds(recipe, data, count).Skip(1));
                theirs[count].AddRange(torch.Steps("--threads", $"{count}", "--epochs", $"{epochs}", "--hidden", name));
            }
        var best = theirs.Values.Select(v => new Figures(v).Median).Where(double.IsFinite).DefaultIfEmpty(double.NaN)
            .Min();
        foreach (var count in counts)
        {
            var (figures, limit) = (new Figures(ours[count]), Flops(recipe.Model) * BatchSize / peaks[count] / 1e3);
            yield return
            [
                name, $"ActorTrain, {Count(count, "shard")}", $"{figures}", Figures.Short(limit), Figures.Short(
                    figures.Median / limit),
                Figures.Short(best / figures.Median),
            ];
        }
        foreach (var count in counts)
            yield return [name, $"{torch.Name}, {Count(count, "thread")}", $"{new Figures(theirs[count])}", "", "", ""];
    }

    /// <summary>In words.</summary>
    public static string Count(int count, string what) => count == 1 ? $"1 {what}" : $"{count} {what}s";

    /// <summary>
    /// Operations of one example: forward, weight gradient and, but for the first layer that has weights, input
    /// gradient.
    /// </summary>
    public static double Flops(Sequential model)
    {
        var example = model.InputShape!.Value;
        var products = new List<double>();
        foreach (var (_, layer) in model.Layers)
        {
            var output = layer.OutputShape(example);
            if (layer is Linear linear) products.Add(2.0 * linear.InFeatures * linear.OutFeatures);
            if (layer is Conv2d conv)
                products.Add(2.0 * conv.InChannels * conv.KernelSize * conv.KernelSize * output.Count);
            example = output;
        }
        return (3 * products.Sum()) - products[0];
    }

    /// <summary>Microseconds a step of each epoch of a run.</summary>
    public static IReadOnlyList<double> StepMicroseconds(Recipe recipe, Dataset data, int shards)
    {
        var times = new List<double>();
        var stepsPerEpoch = new TrainingPlan(recipe, data.Description).StepsPerEpoch;
        LocalRun.ToEnd(recipe, data, shards, e =>
        {
            if (e is EpochDone epoch) times.Add(epoch.Pace.Seconds * 1e6 / stepsPerEpoch);
        });
        return times;
    }
}
