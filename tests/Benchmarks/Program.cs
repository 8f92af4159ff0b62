using ActorTrain.Benchmarks;

// One line for each benchmark.
Dictionary<string, (string Summary, Action Run)> benchmarks = new()
{
    ["kernel"] = ("matrix products at the shapes that training uses, against the FMA peak", KernelBenchmark.Run),
    ["wire"] = ("a small message and its echo through Akka.Remote, between two processes", WireBenchmark.Run),
    ["strategies"] = ("accuracy and bytes of each strategy and compression, in virtual time", StrategyBenchmark.Run),
    ["step"] = ("epochs of the default recipe with actors, against the arithmetic limit", StepBenchmark.Run),
};

if (args is ["cluster", ..])
{
    ClusterBenchmark.Run(peers: args is [_, "--peers", var folder] ? folder : null);
    return 0;
}
if (args is ["wire-echo", var batching])
{
    WireBenchmark.Echo(batching);
    return 0;
}
if (args is [var name] && benchmarks.TryGetValue(name, out var benchmark))
{
    benchmark.Run();
    return 0;
}
Console.Error.WriteLine("usage: benchmarks NAME");
foreach (var (known, (summary, _)) in benchmarks) Console.Error.WriteLine($"  {known,-12}{summary}");
Console.Error.WriteLine($"  {"cluster",-12}a step of several processes [--peers FOLDER: beside ddp_gloo.py of that folder]");
return 2;
