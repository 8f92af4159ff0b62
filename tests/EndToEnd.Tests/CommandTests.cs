using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using SkiaSharp;

namespace ActorTrain.EndToEnd.Tests;

/// <summary>What a user does first: train, evaluate, predict.</summary>
public partial class CommandTests
{
    [Fact]
    public void Training_with_the_defaults_reaches_97_percent_and_leaves_checkpoint_pictures_and_report()
    {
        using var program = new TestProgram();
        var trained = program.Run("train");
        Assert.True(trained.ExitCode == 0, trained.Error);
        var epochs = trained.Output.Split('\n').Where(line => EpochLine().IsMatch(line)).ToList();
        Assert.Equal(5, epochs.Count);
        Assert.All(epochs, line => Assert.Contains("seen 60000/60000", line, StringComparison.Ordinal));

        var run = Assert.Single(Directory.GetDirectories(program.In("runs")));
        var report = JsonDocument.Parse(File.ReadAllText(Path.Combine(run, "report.json"))).RootElement;
        Assert.InRange(report.GetProperty("testAccuracy").GetDouble(), 0.97, 1);
        Assert.Contains(
            $"weights {report.GetProperty("weightsSha256").GetString()![..12]}", epochs[^1], StringComparison.Ordinal);
        Assert.Equal(300_000, report.GetProperty("samples").GetInt64());
        foreach (var picture in new[] { "curves.png", "confusion.png" })
        {
            using var bitmap = SKBitmap.Decode(Path.Combine(run, picture));
            Assert.True(bitmap.Width >= 600, picture);
        }

        var evaluated = JsonDocument.Parse(program.Run("evaluate", "--json").Output).RootElement;
        Assert.Equal(report.GetProperty("testAccuracy").GetDouble(), evaluated.GetProperty("accuracy").GetDouble());
        Assert.Equal(report.GetProperty("testLoss").GetDouble(), evaluated.GetProperty("loss").GetDouble());
        Assert.Equal(10_000, evaluated.GetProperty("samples").GetInt32());
        Assert.InRange(evaluated.GetProperty("macroF1").GetDouble(), 0.97, 1);
        Assert.InRange(evaluated.GetProperty("top5Accuracy").GetDouble(), 0.99, 1);
        Assert.InRange(evaluated.GetProperty("calibrationError").GetDouble(), 0, 0.05);
        var classes = evaluated.GetProperty("classes").EnumerateArray().ToList();
        Assert.Equal((10, 10_000), (classes.Count, classes.Sum(c => c.GetProperty("examples").GetInt32())));
        Assert.Contains("class  precision  recall      F1  examples", program.Run("evaluate").Output,
            StringComparison.Ordinal);

        PredictsDigitsOfOtherSizesAndColours(program, run);
    }

    [Fact]
    public void A_data_set_is_found_by_its_name_in_a_folder_above_and_in_the_cache()
    {
        using var program = new TestProgram();
        foreach (var folder in new[] { "data/fashion-mnist", "cache/actortrain/data/fashion-mnist" })
        {
            var files = Directory.CreateDirectory(program.In(folder));
            foreach (var file in Directory.GetFiles(Dataset.FindMnist(), "*.gz"))
                File.Copy(file, Path.Combine(files.FullName, Path.GetFileName(file)));
            var report = program.Report(
                [("XDG_DATA_HOME", program.In("cache"))], "--data", "fashion-mnist", "--max-steps", "3");
            Assert.Equal(Dataset.Mnist().Sha256, report.GetProperty("dataSha256").GetString());
            files.Delete(recursive: true);
        }
    }

    [Fact]
    public void Predicting_a_file_that_is_no_picture_is_one_clear_error()
    {
        using var program = new TestProgram();
        program.Weights([], "--max-steps", "3", "--out", "run");
        File.WriteAllText(program.In("seven.png"), "seven");
        var result = program.Run("predict", "--checkpoint", "run", "seven.png");
        Assert.Equal((1, "seven.png: not a PNG file."), (result.ExitCode, result.Error.TrimEnd()));
        result = program.Run("predict", "--checkpoint", "run", "nowhere.png");
        Assert.Equal(
            (1, "nowhere.png: no such file; give PNG files of digits."), (result.ExitCode, result.Error.TrimEnd()));
    }

    [Fact]
    public void Environment_and_configuration_file_set_what_the_command_line_does_not()
    {
        using var program = new TestProgram();
        File.WriteAllText(program.In("run.json"), """{"Training":{"MaxSteps":7,"Seed":9,"Shards":1}}""");
        var report = program.Report([("ACTORTRAIN__TRAINING__SEED", "10")], "--config", "run.json", "--shards", "2");
        Assert.Equal((7, 10, 2), (report.GetProperty("steps").GetInt32(), report.GetProperty("seed")
            .GetInt32(), report.GetProperty("shards").GetInt32()));
    }

    [Fact]
    public void Auto_says_which_kernel_it_took_and_why_and_the_run_records_it()
    {
        using var program = new TestProgram();
        var result = program.Run("train", "--kernel", "auto", "--max-steps", "3", "--report", "report.json");
        Assert.Equal(0, result.ExitCode);
        var kernel = JsonDocument.Parse(File.ReadAllText(program.In("report.json"))).RootElement.GetProperty("kernel")
            .GetString();
        Assert.StartsWith($"auto chose {kernel}: ", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Bench_peak_ends_with_the_peak_of_all_cores()
    {
        using var program = new TestProgram();
        var last = program.Run("bench", "peak").Output.TrimEnd().Split('\n')[^1];
        Assert.Matches("^all cores: [1-9][0-9]* GFLOP/s$", last);
    }

    private static void PredictsDigitsOfOtherSizesAndColours(TestProgram program, string run)
    {
        var test = Dataset.Mnist().Test;
        var right = 0;
        const int digits = 20;
        for (var i = 0; i < digits; i++)
            WriteDigit(program.In($"{i}.png"), test.Image(i), scale: 3 + (i % 4), isDarkOnLight: i % 2 == 0);
        var files = Enumerable.Range(0, digits).Select(i => $"{i}.png").ToArray();
        var lines = program.Run(["predict", "--checkpoint", run, "--json", .. files]).Output.TrimEnd().Split('\n');
        for (var i = 0; i < digits; i++)
        {
            var prediction = JsonDocument.Parse(lines[i]).RootElement;
            Assert.Equal(1, prediction.GetProperty("probabilities").EnumerateArray().Sum(p => p.GetDouble()), 1e-5);
            if (prediction.GetProperty("class").GetInt32() == test.Labels[i]) right++;
        }
        Assert.InRange(right, 19, digits);

        var bars = program.Run("predict", "0.png").Output.TrimEnd().Split('\n');
        Assert.StartsWith(string.Create(CultureInfo.InvariantCulture, $"0.png: {test.Labels[0]} ("), bars[0],
            StringComparison.Ordinal);
        Assert.Equal(11, bars.Length);
    }

    // A digit in blue ink with a margin, as somebody might draw it.
    private static void WriteDigit(string path, ReadOnlySpan<byte> pixels, int scale, bool isDarkOnLight)
    {
        const int side = 28, margin = 9;
        using var bitmap = new SKBitmap((side * scale) + (2 * margin), (side * scale) + (3 * margin));
        bitmap.Erase(isDarkOnLight ? SKColors.White : SKColors.Black);
        for (var y = 0; y < side * scale; y++)
            for (var x = 0; x < side * scale; x++)
            {
                var ink = pixels[(y / scale * side) + (x / scale)];
                var color = isDarkOnLight
                    ? new SKColor((byte)(255 - ink), (byte)(255 - ink), 255)
                    : new SKColor(ink, ink, ink);
                if (isDarkOnLight && ink > 0) color = new SKColor(
                    (byte)(255 - ink), (byte)(255 - ink), (byte)(255 - (ink / 2)));
                bitmap.SetPixel(x + margin, y + margin, color);
            }
        using var png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        File.WriteAllBytes(path, png.ToArray());
    }

    [GeneratedRegex(
        @"^epoch [1-5]/5  loss \d\.\d{4}  accuracy \d\d\.\d\d %  test loss \d\.\d{4}  test accuracy \d\d\.\d\d %  "
        + @"seen \d+/\d+  weights [0-9a-f]{12}  \d+\.\d\d s  \d+ images/s\s*$")]
    private static partial Regex EpochLine();
}
