using ActorTrain.Benchmarks;
using ActorTrain.Benchmarks.Scaling;

// The other ends of what is measured between processes.
switch (args)
{
    case ["wire-echo", var batching]:
        WireBenchmark.Echo(batching);
        return 0;
    case ["link-echo", var certificates]:
        LinkCosts.Echo(certificates);
        return 0;
}

if (args is ["recipes", .. var recipes])
{
    RecipeBenchmark.Run(recipes);
    return 0;
}

if (args is ["versions", var otherVersion, .. var named])
{
    try
    {
        Console.WriteLine(VersionBenchmark.Run(otherVersion, named).Markdown());
        return 0;
    }
    catch (Exception e) when (e is FileNotFoundException or MissingMemberException or ArgumentException)
    {
        Console.Error.WriteLine(e.Message);
        return 2;
    }
}

var options = args.Skip(1).ToList();
var isWritten = options.Remove("--write");
var peers = options is ["--peers", var folder] ? folder : null;
var isUnderstood = args.Length > 0 && (options.Count == 0 || peers is not null);
var part = Suite.Parts.FirstOrDefault(p => p.Name == args.FirstOrDefault());
(string Name, string Summary, Action Run)[] others =
[
    ("all", "everything above, written to docs/benchmarks.md", () => Suite.All(peers)),
    ("quick", "training, kernels and inference in less than two minutes", () => Suite.Quick(peers)),
    ("scaling", "a cost model, real processes beside it, predictions to 1,024 nodes, written to docs/scaling.md",
        ScalingBenchmark.Run),
    ("wire", "a small message and its echo through Akka.Remote, between two processes", WireBenchmark.Run),
    ("strategies", "accuracy and bytes of each strategy and compression, in virtual time", StrategyBenchmark.Run),
];
var other = others.FirstOrDefault(o => o.Name == args.FirstOrDefault());
if (isUnderstood && part is not null)
{
    if (isWritten) Suite.Merge(part, peers);
    else foreach (var section in part.Run(peers)) Console.WriteLine(section.Markdown());
    return 0;
}
if (isUnderstood && !isWritten && other.Run is not null)
{
    other.Run();
    return 0;
}
Console.Error.WriteLine("usage: benchmarks NAME [--peers FOLDER] [--write]");
Console.Error.WriteLine("       benchmarks recipes [--seeds N] [RECIPE ...]   accuracy and time of configs/recipes");
Console.Error.WriteLine("       benchmarks versions OTHER [NAME ...]  products and steps in turns with another version's");
Console.Error.WriteLine("  OTHER            tests/Benchmarks/bin/Release/net10.0 of another version's folder, built;\n"
    + "                   NAME is a part of a product's or a step's: 64x784x128, TransposedMultiply, 'a step'");
Console.Error.WriteLine("  --peers FOLDER   with torchsharp/run.sh and ddp_gloo.py");
Console.Error.WriteLine("  --write          the part's sections into docs/benchmarks.md, in the place of older ones");
IEnumerable<(string, string)> known =
    [.. Suite.Parts.Select(p => (p.Name, p.Summary)), .. others.Select(o => (o.Name, o.Summary))];
foreach (var (name, summary) in known) Console.Error.WriteLine($"  {name,-12}{summary}");
return 2;
