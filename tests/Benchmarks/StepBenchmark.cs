using ActorTrain.Actors;
using ActorTrain.Kernels;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ActorTrain.Benchmarks;

/// <summary>
/// Times whole epochs of the default recipe, actors and all, against the arithmetic limit: the multiply-adds of an
/// epoch at the FMA peak of the cores in use, measured in the same run. The shard counts take turns, so that a noisy
/// moment hits all of them.
/// </summary>
internal static class StepBenchmark
{
    private const int Turns = 2;
    private const int WarmUpEpochs = 2;
    private const int MeasuredEpochs = 4;
    private const int PeakRuns = 200;

    public static void Run()
    {
        var data = Dataset.Mnist();
        var recipe = new Recipe { Epochs = WarmUpEpochs + MeasuredEpochs };
        var plan = new TrainingPlan(recipe, data.Description);
        var gigaflops = Flops(recipe.Model) * data.Train.Count / 1e9;
        int[] shardCounts = [.. new[] { 1, Environment.ProcessorCount }.Distinct()];
        var runs = shardCounts.ToDictionary(s => s, _ => new List<double>());
        var peaks = shardCounts.ToDictionary(s => s, _ => 0.0);
        foreach (var shards in Enumerable.Repeat(shardCounts, Turns).SelectMany(s => s))
        {
            peaks[shards] = Math.Max(peaks[shards], Peak(shards));
            runs[shards].AddRange(EpochMilliseconds(recipe, data, shards).Skip(WarmUpEpochs));
        }
        Console.WriteLine($"{gigaflops:F1} GFLOP an epoch of {plan.StepsPerEpoch} steps, {runs[1].Count} epochs for each number of shards");
        Console.WriteLine($"{"shards",6}{"peak GFLOP/s",14}{"limit ms",10}{"median ms",11}{"best ms",9}{"us/step",9}{"median/limit",14}{"best/limit",12}");
        foreach (var (shards, epochs) in runs)
        {
            var limit = gigaflops / peaks[shards] * 1e3;
            var (median, best) = (epochs.Order().ElementAt(epochs.Count / 2), epochs.Min());
            Console.WriteLine(
                $"{shards,6}{peaks[shards],14:F0}{limit,10:F1}{median,11:F1}{best,9:F1}{median * 1e3 / plan.StepsPerEpoch,9:F0}"
                + $"{median / limit,14:F2}{best / limit,12:F2}");
        }
    }

    // Forward, weight gradient and, but for the first layer, input gradient: a multiply-add is two operations.
    private static double Flops(Sequential model)
    {
        var linears = model.Layers.Select(l => l.Layer).OfType<Linear>().Select(l => 2.0 * l.InFeatures * l.OutFeatures).ToList();
        return (3 * linears.Sum()) - linears[0];
    }

    private static List<double> EpochMilliseconds(Recipe recipe, Dataset data, int shards)
    {
        var milliseconds = new List<double>();
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddActorTrain(new TrainingJob
        {
            Recipe = recipe,
            LoadData = _ => Task.FromResult(data),
            Shards = shards,
            OnEvent = e =>
            {
                if (e is EpochDone epoch) milliseconds.Add(epoch.Pace.Seconds * 1e3);
            },
        });
        using var host = builder.Build();
        host.Start();
        host.Services.GetRequiredService<TrainingRun>().Completion.GetAwaiter().GetResult();
        host.StopAsync().GetAwaiter().GetResult();
        return milliseconds;
    }

    // One thread a core at once, each started before any measures, so that none has a core to itself.
    private static double Peak(int cores)
    {
        var peaks = new double[cores];
        using var start = new Barrier(cores);
        var threads = Enumerable.Range(0, cores).Select(i => new Thread(() =>
        {
            start.SignalAndWait();
            peaks[i] = FmaPeak.MeasureOneCore(TimeProvider.System, PeakRuns);
        })).ToList();
        threads.ForEach(t => t.Start());
        threads.ForEach(t => t.Join());
        return peaks.Sum();
    }
}
