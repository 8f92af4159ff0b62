using System.Diagnostics;
using System.Globalization;
using ActorTrain.Benchmarks.Report;

namespace ActorTrain.Benchmarks;

/// <summary>A part of the suite.</summary>
/// <param name="Name">On the command line.</param>
/// <param name="Summary">What it measures.</param>
/// <param name="Run">Measures, with the folder of the peers or without; the sections of the page.</param>
internal sealed record Part(string Name, string Summary, Func<string?, IEnumerable<Section>> Run);

/// <summary>All benchmarks whose figures are on one page.</summary>
internal static class Suite
{
    private const string Page = "benchmarks.md";

    /// <summary>In the order of the page.</summary>
    public static IReadOnlyList<Part> Parts { get; } =
    [
        new("step", "epochs in one process, against the arithmetic limit and libtorch; memory; start; time to 97.5 %",
            peers => [.. StepBenchmark.Run(peers, isQuick: false), AllocationBenchmark.Run(), ProcessBenchmark.Run()]),
        new("kernel", "matrix products at the shapes that training uses, against the FMA peak, MKL and OpenBLAS",
            _ => [KernelBenchmark.Run(isQuick: false)]),
        new("inference", "the seed's network forward, against ONNX Runtime",
            _ => [InferenceBenchmark.Run(isQuick: false)]),
        new("conv", "training and inference of LeNet-5 and a small CNN, against libtorch and ONNX Runtime",
            peers => ConvolutionBenchmark.Run(withPeer: peers is not null)),
        new("round", "what actors add to a step", _ => [RoundBenchmark.Run()]),
        new("price", "what the same bits cost, against kernels and sums in any order", _ => [PriceBenchmark.Run()]),
        new("cluster", "a step of several processes, against PyTorch's DDP over gloo",
            peers => [ClusterBenchmark.Run(peers)]),
        new("growth", "a step as minibatch, width, parameters, shards and worker processes grow",
            _ => GrowthBenchmark.Run()),
        new("data", "runs on up to 6 million images that stay in their file", _ => [DataBenchmark.Run()]),
    ];

    /// <summary>Everything, into a new page; it is written after each part.</summary>
    /// <param name="peers">The folder with the peers; none: without them.</param>
    public static void All(string? peers)
    {
        Docs.PathOf(Page);
        var page = new BenchmarksPage(Machine.Description, []);
        foreach (var part in Parts) page = Write(page, part, peers);
    }

    /// <summary>
    /// One part, into the page that is there; into a new one where that is of another machine or was typed by hand.
    /// </summary>
    public static void Merge(Part part, string? peers)
    {
        var page = BenchmarksPage.Parse(File.ReadAllText(Docs.PathOf(Page)));
        if (page.Machine != Machine.Description)
        {
            Console.WriteLine($"{Docs.PathOf(Page)} is not of this machine ({Machine.Description}); it begins anew");
            page = new(Machine.Description, []);
        }
        Write(page, part, peers);
    }

    /// <summary>A look in less than two minutes, on the console.</summary>
    public static void Quick(string? peers)
    {
        Console.WriteLine(Machine.Description);
        foreach (var section in (Section[])
            [
                .. StepBenchmark.Run(peers, isQuick: true), KernelBenchmark.Run(isQuick: true),
                InferenceBenchmark.Run(isQuick: true),
            ])
            Console.WriteLine($"\n{section.Markdown()}");
    }

    private static BenchmarksPage Write(BenchmarksPage page, Part part, string? peers)
    {
        var (load, start) = (Machine.Load, Stopwatch.GetTimestamp());
        var sections = part.Run(peers).ToList();
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{part.Name}: {seconds:F0} s"));
        var option = peers is null ? "" : " --peers FOLDER";
        var origin = string.Create(CultureInfo.InvariantCulture,
            $"`-- {part.Name}{option}`, {DateTime.UtcNow:yyyy-MM-dd}, {seconds:F0} s, load average {load} before.");
        page = page.With(sections.Select(s => (s.Title, $"{origin}\n\n{s.Body()}".Trim())));
        Docs.Write(Page, $"{page}", sections);
        return page;
    }
}
