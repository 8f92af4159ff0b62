using System.Diagnostics;
using ActorTrain.Actors;
using ActorTrain.Benchmarks.Peers;
using ActorTrain.Benchmarks.Report;
using ActorTrain.Benchmarks.Scaling;
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
    private static readonly int[] Counts = [.. new[] { 1, Environment.ProcessorCount }.Distinct()];

    private static readonly Network Seed = new([128, 64], Images: 60_000, Turns: 3, Epochs: 5)
    {
        OfLimit = shards => Bar.AtMost(shards == 1 ? Machine.ByWidth(1.5, 1.7) : Machine.ByWidth(1.6, 1.9)),
        Libtorch = Bar.AtLeast(Machine.ByWidth(2.6, 4.5)),
        AllShards = Bar.AtLeast(1.75),
        Adam = Bar.AtMost(1.1),
    };

    private static readonly Network Wide = new([1024, 1024], Images: 12_800, Turns: 3, Epochs: 3)
    {
        OfLimit = _ => Bar.AtMost(Machine.ByWidth(1.4, 1.7)),
        Libtorch = Bar.AtLeast(Machine.ByWidth(1.45, 3.2)),
        AllShards = Bar.AtLeast(1.9),
    };

    /// <summary>Measures and reports.</summary>
    /// <param name="peers">The folder with the peers; none: without them.</param>
    /// <param name="isQuick">A few epochs of the small network only.</param>
    public static IEnumerable<Section> Run(string? peers, bool isQuick)
    {
        var torch = Peer.TorchSharp(peers);
        Network[] networks = isQuick ? [Seed with { Turns = 1, Epochs = 4 }] : [Seed, Wide];
        var measured = networks.Select(network => Measure(network, torch)).ToList();
        yield return new("A step in one process",
            $"Minibatches of {BatchSize}, SGD with momentum unless Adam is named, epochs of MNIST (1024,1024: of its "
            + $"first {Wide.Images:N0} images) after the first of each run, which warms up. The limit is the step's "
            + "multiply-adds at the FMA peak of as many cores, measured in the same run.",
            ["hidden", "contender", "µs a step", "limit, µs", "median / limit", "libtorch's best / median"],
            [.. measured.SelectMany(m => m.Steps(torch.Name))]);
        yield return new("A step: shards and optimizers",
            "Medians of the same run. A thread calls one on another core, which answers at once: where the cores of a "
            + "virtual machine share no cache, that takes several times as long, and so does every line that goes from "
            + "shard to shard.", ["hidden", "what", "ratio or figure"], [.. measured.SelectMany(m => m.Ratios())]);
    }

    private static Measured Measure(Network network, Peer torch)
    {
        var data = Subset.Of(Dataset.Mnist(), network.Images, test: 10_000);
        using var folder = new TemporaryFolder();
        IdxFolder.WriteCompressed(folder.Path, data);
        var sgd = new Recipe { Model = network.Model, BatchSize = BatchSize, Epochs = network.Epochs };
        var adam = sgd with { Optimizer = new Adam() };
        Dictionary<(Kind, int), Func<IEnumerable<double>>> contenders = [];
        foreach (var count in Counts)
        {
            contenders[(Kind.Sgd, count)] = () => StepMicroseconds(sgd, data, count).Skip(1);
            if (network.Adam is not null)
                contenders[(Kind.Adam, count)] = () => StepMicroseconds(adam, data, count).Skip(1);
            contenders[(Kind.Libtorch, count)] = () => torch.Steps(
                folder.Path, "--threads", $"{count}", "--epochs", $"{network.Epochs}", "--hidden", network.Name);
            contenders[(Kind.Peak, count)] = () => [BenchCommand.AllCores(count)];
            if (count > 1) contenders[(Kind.Call, count)] = () => [CallNanoseconds()];
        }
        var figures = Turns.Take(network.Turns, [.. contenders.Values]);
        return new(network, contenders.Keys.Zip(figures).ToDictionary(pair => pair.First, pair => pair.Second));
    }

    // Mean of so many that a switch of threads does not count.
    private static double CallNanoseconds()
    {
        const int warmUp = 1000, calls = 50_000;
        using var other = new OtherCore();
        for (var i = 0; i < warmUp; i++) other.Do(Nothing);
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < calls; i++) other.Do(Nothing);
        return Stopwatch.GetElapsedTime(start).TotalNanoseconds / calls;

        static void Nothing()
        {
        }
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
        LocalRun.ToEnd(recipe, data, shards, e =>
        {
            if (e is EpochDone epoch) times.Add(epoch.Pace.Seconds * 1e6 / epoch.Pace.Steps);
        });
        return times;
    }

    private enum Kind
    {
        Sgd,
        Adam,
        Libtorch,
        Peak,
        Call,
    }

    // Epochs of so many images; the bars are those of its step.
    private sealed record Network(int[] Hidden, int Images, int Turns, int Epochs)
    {
        public string Name => string.Join(',', Hidden);

        public Sequential Model { get; } = Sequential.Mlp([784, .. Hidden, 10]);

        public required Func<int, Bar> OfLimit { get; init; }

        public required Bar Libtorch { get; init; }

        public required Bar AllShards { get; init; }

        public Bar? Adam { get; init; }
    }

    private sealed record Measured(Network Network, IReadOnlyDictionary<(Kind Kind, int Count), Figures> Of)
    {
        public IEnumerable<string[]> Steps(string torch) =>
        [
            .. Counts.Select(Sgd), .. Others(Kind.Adam, "ActorTrain, Adam", "shard"),
            .. Others(Kind.Libtorch, torch, "thread"),
        ];

        public IEnumerable<string[]> Ratios()
        {
            var all = Counts[^1];
            if (all > 1)
                yield return
                [
                    Network.Name, $"1 shard / {CountOf(all, "shard")}",
                    Network.AllShards.Judge(Of[(Kind.Sgd, 1)].Median / Of[(Kind.Sgd, all)].Median),
                ];
            if (Of.TryGetValue((Kind.Call, all), out var call))
                yield return [Network.Name, "a call to another core and back, ns", $"{call}"];
            if (Network.Adam is not { } bar) yield break;
            foreach (var count in Counts)
                yield return
                [
                    Network.Name, $"Adam / SGD, {CountOf(count, "shard")}",
                    bar.Judge(Of[(Kind.Adam, count)].Median / Of[(Kind.Sgd, count)].Median),
                ];
        }

        // The bar beside libtorch is that of all shards.
        private string[] Sgd(int count)
        {
            var figures = Of[(Kind.Sgd, count)];
            var limit = Flops(Network.Model) * BatchSize / Of[(Kind.Peak, count)].Most / 1e3;
            var ratio = Counts.Min(c => Of[(Kind.Libtorch, c)].Median) / figures.Median;
            return
            [
                Network.Name, $"ActorTrain, {CountOf(count, "shard")}", $"{figures}", Figures.Short(limit),
                Network.OfLimit(count).Judge(figures.Median / limit),
                count == Counts[^1] ? Network.Libtorch.Judge(ratio) : Figures.Short(ratio),
            ];
        }

        private IEnumerable<string[]> Others(Kind kind, string name, string part) =>
            from count in Counts
            where Of.ContainsKey((kind, count))
            select new[] { Network.Name, $"{name}, {CountOf(count, part)}", $"{Of[(kind, count)]}", "", "", "" };

        private static string CountOf(int count, string what) => count == 1 ? $"1 {what}" : $"{count} {what}s";
    }
}
