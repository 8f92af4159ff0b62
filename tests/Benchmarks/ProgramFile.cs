using System.Diagnostics;
using System.Text.Json;

namespace ActorTrain.Benchmarks;

/// <summary>The program <c>actortrain</c>, for benchmarks of whole processes.</summary>
internal static class ProgramFile
{
    /// <summary>As it was built with this program; in its own folder it has compiled packages.</summary>
    public static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var program = Path.Combine(folder.FullName, "src", "Host", "bin", "Release", "net10.0", "actortrain.dll");
            if (File.Exists(program)) return program;
        }
        throw new FileNotFoundException("actortrain.dll is not built; run: dotnet build src/Host -c Release");
    }

    /// <summary>Starts it; what it prints must be read.</summary>
    public static Process Start(params IEnumerable<string> arguments) =>
        Process.Start(new ProcessStartInfo("dotnet", arguments.Prepend(Find()))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;

    /// <summary>Runs it to its end.</summary>
    /// <exception cref="InvalidOperationException">It fails; the message has what it printed.</exception>
    public static void Run(params IEnumerable<string> arguments)
    {
        using var process = Start(arguments);
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0) throw new InvalidOperationException(output + errors.Result);
    }

    /// <summary>Seconds of the steps of each epoch of a run, and the accuracy after it.</summary>
    /// <param name="run">The run's folder.</param>
    public static IEnumerable<(double Seconds, double TestAccuracy)> EpochsOf(string run) =>
        from line in File.ReadAllLines(Path.Combine(run, "events.jsonl"))
        let json = JsonDocument.Parse(line).RootElement
        where json.GetProperty("event").GetString() == "EpochDone"
        select (json.GetProperty("trainSeconds").GetDouble(), json.GetProperty("testAccuracy").GetDouble());
}
