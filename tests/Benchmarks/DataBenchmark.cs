using System.Text.Json;
using ActorTrain.Benchmarks.Report;

namespace ActorTrain.Benchmarks;

/// <summary>Whole processes that train on more and more images: copies of MNIST in plain files.</summary>
internal static class DataBenchmark
{
    private const int Steps = 3000;

    private static readonly Bar Memory = Bar.AtMost(400);
    private static readonly int[] Copies = [1, 10, 100];

    /// <summary>Measures and reports; needs 4.8 GB of disk for a while.</summary>
    public static Section Run() => new("Growth: images",
        $"{Steps} steps of the default recipe on copies of MNIST in plain IDX files. Files above 256 MB are not read "
        + "into memory: each image is read when its batch is made. The start includes the check sum over all images.",
        ["training images", "file, MB", "µs a step", "first step after, s", "peak resident memory, MB"],
        [.. Copies.Select(Measure)]);

    private static string[] Measure(int copies)
    {
        using var folder = new TemporaryFolder();
        var megabytes = IdxFolder.WritePlain(folder.Path, Dataset.Mnist(), copies) / 1e6;
        var report = folder.File("report.json");
        using var process = ProgramFile.Start(
            "train", "--data", folder.Path, "--max-steps", $"{Steps}", "--out", folder.File("run"), "--report", report);
        var peak = 0L;
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.ErrorDataReceived += (_, line) => Console.Error.Write(line.Data);
        process.BeginErrorReadLine();
        while (!process.WaitForExit(20))
        {
            process.Refresh();
            if (!process.HasExited) peak = Math.Max(peak, process.PeakWorkingSet64);
        }
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"actortrain train ended with {process.ExitCode}.");
        var figures = JsonDocument.Parse(File.ReadAllText(report)).RootElement;
        return
        [
            $"{copies * 60_000:N0}", $"{megabytes:N0}",
            Figures.Short(figures.GetProperty("trainSeconds").GetDouble() * 1e6 / Steps),
            Figures.Short(figures.GetProperty("secondsToFirstStep").GetDouble()),
            Memory.Judge(peak / 1e6, megabytes => $"{megabytes:N0}"),
        ];
    }
}
