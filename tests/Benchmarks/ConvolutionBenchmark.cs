using ActorTrain.Benchmarks.Peers;
using ActorTrain.Benchmarks.Report;
using ActorTrain.Host.Commands;

namespace ActorTrain.Benchmarks;

/// <summary>
/// LeNet-5 and a small network with batch normalisation: a step of training against libtorch, and forward against ONNX
/// Runtime, in turns.
/// </summary>
internal static class ConvolutionBenchmark
{
    private const int BatchSize = 64;
    private const int PeerImages = 12_800;
    private const int Turns = 3;
    private const int Epochs = 3;

    private static readonly (string Name, string Peer, Sequential Model)[] All =
    [
        ("LeNet-5", "lenet5", Networks.LeNet5), ("CNN", "cnn", Networks.Cnn),
    ];

    /// <summary>Measures and reports.</summary>
    /// <param name="withPeer">Whether libtorch runs too.</param>
    public static IEnumerable<Section> Run(bool withPeer)
    {
        var peer = withPeer ? Peer.Networks() : Peer.TorchSharp(null);
        yield return new("A step of convolutional networks",
            $"Minibatches of {BatchSize}, SGD with momentum, epochs of the first {PeerImages:N0} images of MNIST after "
            + "the first of each run, which warms up. The limit is the step's multiply-adds at the FMA peak of as many "
            + "cores.",
            ["network", "contender", "µs a step", "median / limit", "libtorch's best / median"],
            [.. All.SelectMany(n => Compare(n.Name, n.Peer, n.Model, peer))]);
        yield return new("Inference of convolutional networks",
            "Forward, one thread, against ONNX Runtime as under \"Inference\".",
            ["network", "batch", "ActorTrain, µs", "ONNX Runtime, µs", "ONNX Runtime / ActorTrain"],
            [.. All.SelectMany(n => InferenceBenchmark.Compare(n.Model, [1, 64, 1024], rounds: 41)
                .Select(row => (string[])[n.Name, .. row]))]);
    }

    private static IEnumerable<string[]> Compare(string name, string peerName, Sequential model, Peer peer)
    {
        var data = Subset.Of(Dataset.Mnist(), PeerImages, test: 1_000);
        using var folder = new TemporaryFolder();
        IdxFolder.WriteCompressed(folder.Path, data);
        var recipe = new Recipe { Model = model, BatchSize = BatchSize, Epochs = Epochs };
        int[] counts = [.. new[] { 1, Environment.ProcessorCount }.Distinct()];
        var ours = counts.ToDictionary(c => c, _ => new List<double>());
        var theirs = counts.ToDictionary(c => c, _ => new List<double>());
        var peaks = counts.ToDictionary(c => c, _ => 0.0);
        for (var turn = 0; turn < Turns; turn++)
            foreach (var count in counts)
            {
                peaks[count] = Math.Max(peaks[count], BenchCommand.AllCores(count));
                ours[count].AddRange(StepBenchmark.StepMicroseconds(recipe, data, count).Skip(1));
                theirs[count].AddRange(peer.Steps(
                    folder.Path, "--model", peerName, "--threads", $"{count}", "--epochs", $"{Epochs}", "--images",
                    $"{PeerImages}"));
            }
        var best = theirs.Values.Select(v => new Figures(v).Median).Where(double.IsFinite).DefaultIfEmpty(double.NaN)
            .Min();
        foreach (var count in counts)
        {
            var (figures, limit) = (new Figures(ours[count]), StepBenchmark.Flops(model) * BatchSize / peaks[count]
                / 1e3);
            yield return
            [
                name, $"ActorTrain, {StepBenchmark.Count(count, "shard")}", $"{figures}",
                Figures.Short(figures.Median / limit), Figures.Short(best / figures.Median),
            ];
        }
        foreach (var count in counts)
            yield return
                [name, $"{peer.Name}, {StepBenchmark.Count(count, "thread")}", $"{new Figures(theirs[count])}", "", ""];
    }
}
