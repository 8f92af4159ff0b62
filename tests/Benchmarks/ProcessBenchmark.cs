using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using ActorTrain.Benchmarks.Report;

namespace ActorTrain.Benchmarks;

/// <summary>What a user waits for: whole processes of the program, from their start.</summary>
internal static class ProcessBenchmark
{
    private const double WantedAccuracy = 0.975;
    private const int Turns = 5;

    /// <summary>Measures and reports.</summary>
    public static Section Run()
    {
        var (help, runs) = (new List<double>(), new List<TrainedProcess>());
        // The first turn reads files that are not in memory yet.
        for (var turn = 0; turn <= Turns; turn++)
        {
            var start = Stopwatch.GetTimestamp();
            ProgramFile.Run("--help");
            var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            var run = Train();
            if (turn == 0) continue;
            help.Add(seconds);
            runs.Add(run);
        }
        return new("Whole processes",
            "Of the program as it is built, after one that does not count. Training time is that of the steps, to the "
            + "end of the first epoch of the default recipe whose test accuracy is at least "
            + $"{WantedAccuracy.ToString("P1", CultureInfo.InvariantCulture)} ({Reached(runs[0].Epochs)}).",
            ["what", "seconds", "median and bar"],
            [
                Row("training time to this accuracy", runs.Select(r => r.Seconds), Machine.ByWidth(1.2, 0.7)),
                Row("process start to the first step", runs.Select(r => r.FirstStep), 1),
                Row("`actortrain --help`", help, 0.25),
            ]);
    }

    private static string[] Row(string what, IEnumerable<double> seconds, double bar)
    {
        var figures = new Figures(seconds);
        return [what, $"{figures}", Bar.AtMost(bar).Judge(figures.Median)];
    }

    private static string Reached(int? epochs) => epochs is null ? "no epoch of it reaches that" : $"epoch {epochs}";

    private static TrainedProcess Train()
    {
        using var folder = new TemporaryFolder();
        var (run, report) = (folder.File("run"), folder.File("report.json"));
        ProgramFile.Run("train", "--out", run, "--report", report);
        var firstStep = JsonDocument.Parse(File.ReadAllText(report)).RootElement.GetProperty("secondsToFirstStep");
        var epochs = ProgramFile.EpochsOf(run).ToList();
        var last = epochs.FindIndex(e => e.TestAccuracy >= WantedAccuracy);
        return last < 0
            ? new(null, double.NaN, firstStep.GetDouble())
            : new(last + 1, epochs.Take(last + 1).Sum(e => e.Seconds), firstStep.GetDouble());
    }

    private sealed record TrainedProcess(int? Epochs, double Seconds, double FirstStep);
}
