using System.Buffers.Binary;
using System.Diagnostics;
using System.Text.Json;
using ActorTrain.Benchmarks.Report;

namespace ActorTrain.Benchmarks;

/// <summary>Whole processes that train on more and more images: copies of MNIST in plain files.</summary>
internal static class DataBenchmark
{
    private const int Steps = 3000;

    private static readonly int[] Copies = [1, 10, 100];

    /// <summary>Measures and reports; needs 4.8 GB of disk for a while.</summary>
    public static Section Run() => new("Growth: images",
        $"{Steps} steps of the default recipe on copies of MNIST in plain IDX files. Files above 256 MB are not read "
        + "into memory: each image "
        + "is read when its batch is made. The start includes the check sum over all images.",
        ["training images", "file, MB", "µs a step", "first step after, s", "peak resident memory, MB"],
        [.. Copies.Select(Measure)]);

    private static string[] Measure(int copies)
    {
        var folder = Directory.CreateTempSubdirectory("actortrain-data-").FullName;
        try
        {
            var megabytes = Write(folder, copies) / 1e6;
            var report = Path.Combine(folder, "report.json");
            using var process = Process.Start(new ProcessStartInfo("dotnet",
                [ProgramFile.Find(), "train", "--data",
                    folder, "--max-steps", $"{Steps}", "--out", Path.Combine(folder, "run"), "--report", report])
            {
                RedirectStandardOutput = true,
            })!;
            var peak = 0L;
            process.OutputDataReceived += (_, _) => { };
            process.BeginOutputReadLine();
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
                $"{copies * 60_000:N0}", $"{megabytes:N0}", Figures.Short(
                    figures.GetProperty("trainSeconds").GetDouble() * 1e6 / Steps),
                Figures.Short(figures.GetProperty("secondsToFirstStep").GetDouble()), $"{peak / 1e6:N0}",
            ];
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static long Write(string folder, int copies)
    {
        var mnist = Dataset.Mnist();
        Write("train-labels-idx1-ubyte", mnist.Train.Labels, copies, 0x801, mnist.Train.Count * copies);
        Write("t10k-images-idx3-ubyte", mnist.Test.Pixels, 1, 0x803, mnist.Test.Count, 28, 28);
        Write("t10k-labels-idx1-ubyte", mnist.Test.Labels, 1, 0x801, mnist.Test.Count);
        return Write("train-images-idx3-ubyte", mnist.Train.Pixels, copies, 0x803, mnist.Train.Count * copies, 28, 28);

        long Write(string name, ReadOnlySpan<byte> contents, int times, params ReadOnlySpan<int> words)
        {
            using var file = File.Create(Path.Combine(folder, name));
            Span<byte> word = stackalloc byte[sizeof(int)];
            foreach (var value in words)
            {
                BinaryPrimitives.WriteInt32BigEndian(word, value);
                file.Write(word);
            }
            for (var i = 0; i < times; i++) file.Write(contents);
            return file.Length;
        }
    }
}
