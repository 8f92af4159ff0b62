using ActorTrain.Benchmarks.Report;

namespace ActorTrain.Benchmarks;

/// <summary>All benchmarks in one run, written down as a page.</summary>
internal static class Suite
{
    /// <summary>Everything, into <c>docs/benchmarks.md</c> of the folder that this runs in.</summary>
    /// <param name="peers">The folder with the peers; none: without them.</param>
    public static void All(string? peers)
    {
        List<Section> sections =
        [
            StepBenchmark.Run(
                peers, isQuick: false), KernelBenchmark.Run(isQuick: false), InferenceBenchmark.Run(isQuick: false),
            .. ConvolutionBenchmark.Run(withPeer: peers is not null), RoundBenchmark.Run(), PriceBenchmark.Run(), ClusterBenchmark.Run(peers), .. GrowthBenchmark.Run(),
            DataBenchmark.Run(), ClusterBenchmark.RunGrowth("128,64", 2, 1, 2, 4, 8),
        ];
        const string folder = "docs";
        if (!Directory.Exists(folder))
            throw new DirectoryNotFoundException(
                $"There is no folder {folder} here; run this at the top of the repository.");
        foreach (var (_, file, png) in sections.SelectMany(s => s.Pictures))
            File.WriteAllBytes(Path.Combine(folder, "images", file), png);
        File.WriteAllText(Path.Combine(folder, "benchmarks.md"), Page(sections));
        Console.WriteLine($"written: {Path.Combine(folder, "benchmarks.md")}");
    }

    /// <summary>A look in less than two minutes, on the console.</summary>
    public static void Quick(string? peers)
    {
        Console.WriteLine(Machine.Description);
        foreach (var section in new[] { StepBenchmark.Run(
            peers, isQuick: true), KernelBenchmark.Run(isQuick: true), InferenceBenchmark.Run(isQuick: true) })
            Console.WriteLine($"\n{section.Markdown()}");
    }

    private static string Page(IEnumerable<Section> sections) => $"""
        # Benchmarks

        Written by

        ```sh
        dotnet run -c Release --project tests/Benchmarks -- all --peers FOLDER
        ```

        on {DateTime.UtcNow:yyyy-MM-dd}: {Machine.Description}. Figures are medians, with
        least and most in brackets, of contenders that took turns: compare the columns of one table, not tables of
        different days. `FOLDER` holds the peers (`torchsharp/run.sh`, `ddp_gloo.py`); what is absent is said to be
        absent. `-- quick` takes less than two minutes.

        {string.Join("\n", sections.Select(s => s.Markdown()))}
        [performance.md](performance.md) says what bounds the kernel, [strategies.md](strategies.md) has accuracy and
        bytes of the strategies and compressions, [control-plane.md](control-plane.md) what a message through
        Akka.Remote costs.

        """;
}
