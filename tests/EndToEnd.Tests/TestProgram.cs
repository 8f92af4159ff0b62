using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Text.Json;

namespace ActorTrain.EndToEnd.Tests;

/// <summary>The program as a process, in a folder of its own.</summary>
internal sealed class TestProgram : IDisposable
{
    /// <summary>The program's assembly, in the program's own output.</summary>
    public static readonly string Assembly = typeof(TestProgram).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "Program").Value!;

    // The program has tiers off, which suits runs longer than a second; here most have a few steps, and what is not
    // compiled ahead is compiled fast, and only once. The bits stay.
    private static readonly (string Name, string Value)[] ShortRuns =
        [("DOTNET_TieredCompilation", "1"), ("DOTNET_TieredPGO", "0"), ("DOTNET_TC_CallCounting", "0")];

    private readonly List<Process> _started = [];

    public TestProgram() => Folder = Directory.CreateTempSubdirectory("actortrain-").FullName;

    /// <summary>Where it runs.</summary>
    public string Folder { get; }

    public string In(params string[] path) => Path.Combine([Folder, .. path]);

    /// <summary>Runs to the end.</summary>
    public Result Run(params string[] arguments) => Run([], arguments);

    /// <summary>The same, with environment variables.</summary>
    public Result Run(IEnumerable<(string Name, string Value)> environment, params string[] arguments) =>
        End(Start(environment, arguments));

    /// <summary>The same, under limits that a shell's commands set.</summary>
    public Result RunInShell(string limits, params string[] arguments) =>
        End(Start("bash", ["-c", $"{limits}; exec dotnet \"$@\"", "bash", Assembly, .. arguments], []));

    /// <summary>
    /// Runs another assembly of these tests' folder, which has the dependencies that they have, without a host's log.
    /// It may compute for long: what runs often is compiled again.
    /// </summary>
    public Result RunBeside(string assembly)
    {
        var own = Path.ChangeExtension(typeof(TestProgram).Assembly.Location, null);
        return End(Start(
            "dotnet",
            ["exec", "--depsfile", $"{own}.deps.json", "--runtimeconfig", $"{own}.runtimeconfig.json", assembly],
            [("Logging__LogLevel__Default", "None"), ("DOTNET_TC_CallCounting", "1")]));
    }

    /// <summary>Starts it; it is killed with this.</summary>
    public Process Start(IEnumerable<(string Name, string Value)> environment, params string[] arguments) =>
        Start("dotnet", [Assembly, .. arguments], environment);

    private Process Start(
        string file, IEnumerable<string> arguments, IEnumerable<(string Name, string Value)> environment)
    {
        var start = new ProcessStartInfo(file, arguments)
        {
            WorkingDirectory = Folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in ShortRuns.Concat(environment)) start.Environment[name] = value;
        _started.Add(Process.Start(start)!);
        return _started[^1];
    }

    /// <summary>Waits for a started one's end.</summary>
    /// <exception cref="TimeoutException">It does not end within 3 minutes.</exception>
    public static Result End(Process process)
    {
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEndAsync();
        if (process.WaitForExit(TimeSpan.FromMinutes(3))) return new(
            process.ExitCode, output.GetAwaiter().GetResult(), error.GetAwaiter().GetResult());
        process.Kill();
        throw new TimeoutException("The program did not end within 3 minutes.");
    }

    /// <summary>Trains with a report.</summary>
    public JsonElement Report(IEnumerable<(string Name, string Value)> environment, params string[] arguments)
    {
        var file = In($"report-{Guid.NewGuid().ToString("N", CultureInfo.InvariantCulture)}.json");
        var result = Run(environment, ["train", .. arguments, "--report", file]);
        Assert.True(result.ExitCode == 0, result.Output + result.Error);
        return JsonDocument.Parse(File.ReadAllText(file)).RootElement;
    }

    /// <summary>The weights' SHA-256 after training.</summary>
    public string Weights(IEnumerable<(string Name, string Value)> environment, params string[] arguments) =>
        Report(environment, arguments).GetProperty("weightsSha256").GetString()!;

    public void Dispose()
    {
        foreach (var process in _started)
        {
            if (!process.HasExited) process.Kill();
            process.Dispose();
        }
        Directory.Delete(Folder, recursive: true);
    }

    internal sealed record Result(int ExitCode, string Output, string Error);
}
