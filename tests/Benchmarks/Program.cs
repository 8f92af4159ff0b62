using ActorTrain.Benchmarks;
using ActorTrain.Benchmarks.Scaling;

if (args is ["wire-echo", var batching])
{
    WireBenchmark.Echo(batching);
    return 0;
}

if (args is ["link-echo", var folderOfCertificates])
{
    LinkCosts.Echo(folderOfCertificates);
    return 0;
}

var peers = args is [_, "--peers", var folder] ? folder : null;
// One line for each benchmark.
Dictionary<string, (string Summary, Action Run)> benchmarks = new()
{
    ["all"] = ("everything, written to docs/benchmarks.md", () => Suite.All(peers)),
    ["quick"] = ("training, kernels and inference in less than two minutes", () => Suite.Quick(peers)),
    ["step"] = ("epochs with actors in one process, against the arithmetic limit and libtorch",
        () => Console.WriteLine(StepBenchmark.Run(peers, isQuick: false).Markdown())),
    ["kernel"] = ("matrix products at the shapes that training uses, against the FMA peak, MKL and OpenBLAS",
        () => Console.WriteLine(KernelBenchmark.Run(isQuick: false).Markdown())),
    ["inference"] = ("the seed's network forward, against ONNX Runtime",
        () => Console.WriteLine(InferenceBenchmark.Run(isQuick: false).Markdown())),
    ["conv"] = ("training and inference of LeNet-5 and a small CNN, against libtorch and ONNX Runtime",
        () => Console.WriteLine(
            string.Join('\n', ConvolutionBenchmark.Run(withPeer: peers is not null).Select(s => s.Markdown())))),
    ["cluster"] = ("a step of several processes, against PyTorch's DDP over gloo",
        () => Console.WriteLine(ClusterBenchmark.Run(peers).Markdown())),
    ["growth"] = ("a step as minibatch, width, parameters and shards grow",
        () => Console.WriteLine(string.Join('\n', GrowthBenchmark.Run().Select(s => s.Markdown())))),
    ["round"] = ("what actors add to a step", () => Console.WriteLine(RoundBenchmark.Run().Markdown())),
    ["price"] = ("what the same bits cost, against kernels and sums in any order",
        () => Console.WriteLine(PriceBenchmark.Run().Markdown())),
    ["data"] = (
        "runs on up to 6 million images that stay in their file",
        () => Console.WriteLine(DataBenchmark.Run().Markdown())),
    ["scaling"] = (
        "a cost model checked against real processes, and predictions to 1,024 nodes, written to docs/scaling.md",
        ScalingBenchmark.Run),
    ["wire"] = ("a small message and its echo through Akka.Remote, between two processes", WireBenchmark.Run),
    ["strategies"] = ("accuracy and bytes of each strategy and compression, in virtual time", StrategyBenchmark.Run),
};
if ((args.Length == 1 || peers is not null) && benchmarks.TryGetValue(args[0], out var benchmark))
{
    benchmark.Run();
    return 0;
}
Console.Error.WriteLine("usage: benchmarks NAME [--peers FOLDER]   (FOLDER with torchsharp/run.sh and ddp_gloo.py)");
foreach (var (known, (summary, _)) in benchmarks) Console.Error.WriteLine($"  {known,-12}{summary}");
return 2;
