using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using ActorTrain.Benchmarks.Report;

namespace ActorTrain.Benchmarks;

/// <summary>
/// Trains every recipe of <c>configs/recipes</c> with some seeds, each run a process of its own as a user starts it,
/// and says whether what was promised is reached.
/// </summary>
internal static class RecipeBenchmark
{
    private const int Seeds = 3;

    // Test accuracy, as mean or as median over the seeds; seconds of training, 0 for any; seeds.
    private static readonly Dictionary<string, Goal> Goals = new()
    {
        ["mlp"] = new(0.98, IsMean: false, Seconds: 0, Seeds),
        ["mlp-augmented"] = new(0.988, IsMean: false, Seconds: 0, Seeds),
        ["cnn"] = new(0.992, IsMean: false, Seconds: 45, Seeds),
        ["speedrun"] = new(0.99, IsMean: true, Seconds: 15, Seeds: 10),
    };

    /// <summary>Trains and prints a table, row by row.</summary>
    /// <param name="options"><c>--seeds N</c>, if any, then names of recipes; none: all of them.</param>
    public static void Run(ReadOnlySpan<string> options)
    {
        int? seeds = options is ["--seeds", var count, ..] ? int.Parse(count, CultureInfo.InvariantCulture) : null;
        var names = (seeds is null ? options : options[2..]).ToArray();
        var program = ProgramFile.Find();
        Console.WriteLine($"{Machine.Description}; load {Machine.Load}\n");
        Console.WriteLine("| recipe | seeds | test accuracy, median (least to most) | mean | training s, median (least "
            + "to most) | whole process s | weights of seed 1 | goal |");
        Console.WriteLine("| --- | --- | --- | --- | --- | --- | --- | --- |");
        foreach (var file in Files(program).Where(f => names.Length == 0 || names.Contains(NameOf(f))))
        {
            var goal = Goals.GetValueOrDefault(NameOf(file));
            Console.WriteLine(Row(program, file, goal, seeds ?? goal?.Seeds ?? Seeds));
        }
    }

    private static string Row(string program, string file, Goal? goal, int seeds)
    {
        var runs = new List<Outcome>();
        for (var seed = 1; seed <= seeds; seed++)
        {
            var (outcome, error) = Train(program, file, seed);
            if (outcome is null) return $"| {NameOf(file)} | {seed} | {error} | | | | | |";
            runs.Add(outcome);
        }
        Figures accuracy = new(runs.Select(r => r.Accuracy)), training = new(runs.Select(r => r.TrainSeconds));
        var mean = runs.Average(r => r.Accuracy);
        var sorted = runs.Select(r => r.Accuracy).Order().ToList();
        return $"| {NameOf(file)} | {seeds} | "
            + $"{Percent(accuracy.Median)} ({Percent(sorted[0])} to {Percent(sorted[^1])}) | {mean * 100:F3} % | "
            + $"{training} | {new Figures(runs.Select(r => r.ProcessSeconds))} | "
            + $"{runs[0].Weights[..12]} | {goal?.Judge(mean, accuracy.Median, training.Median)} |";
    }

    private static (Outcome? Outcome, string Error) Train(string program, string file, int seed)
    {
        var folder = Directory.CreateTempSubdirectory("actortrain-recipes-").FullName;
        try
        {
            var report = Path.Combine(folder, "report.json");
            var start = new ProcessStartInfo("dotnet",
            [
                program, "train", "--model", file, "--seed", $"{seed}", "--out", Path.Combine(folder, "run"),
                "--report", report,
            ])
            { RedirectStandardOutput = true, RedirectStandardError = true };
            var clock = Stopwatch.StartNew();
            using var process = Process.Start(start)!;
            var error = process.StandardError.ReadToEndAsync();
            process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            var seconds = clock.Elapsed.TotalSeconds;
            if (process.ExitCode != 0) return (null, error.GetAwaiter().GetResult().ReplaceLineEndings(" ").Trim());
            var json = JsonDocument.Parse(File.ReadAllText(report)).RootElement;
            // Where an average of the weights is kept, it is what the run is for.
            var average = json.GetProperty("averageTestAccuracy");
            return (new(
                (average.ValueKind == JsonValueKind.Null ? json.GetProperty("testAccuracy") : average).GetDouble(),
                json.GetProperty("trainSeconds").GetDouble(), seconds,
                json.GetProperty("weightsSha256").GetString()!), "");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    // Beside the program's sources.
    private static IEnumerable<string> Files(string program) => Directory.EnumerateFiles(
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(program)!, "../../../../../configs/recipes")), "*.json")
        .Order(StringComparer.Ordinal);

    private static string NameOf(string file) => Path.GetFileNameWithoutExtension(file);

    private static string Percent(double share) => (100 * share).ToString("F2", CultureInfo.InvariantCulture) + " %";

    private sealed record Outcome(double Accuracy, double TrainSeconds, double ProcessSeconds, string Weights);

    private sealed record Goal(double Accuracy, bool IsMean, double Seconds, int Seeds)
    {
        public string Judge(double mean, double median, double seconds)
        {
            var isReached = (IsMean ? mean : median) >= Accuracy && (Seconds == 0 || seconds < Seconds);
            return $"{(IsMean ? "mean" : "median")} {Percent(Accuracy)}{(Seconds > 0 ? $" in {Seconds} s" : "")}: "
                + (isReached ? "reached" : "missed");
        }
    }
}
