using System.Diagnostics;

namespace ActorTrain.Benchmarks;

/// <summary>This program once more, as the other end of what is measured between two processes.</summary>
internal static class OtherProcess
{
    /// <summary>Starts it; it ends when its input does.</summary>
    /// <param name="arguments">What it is told to be.</param>
    public static Process Start(params IEnumerable<string> arguments)
    {
        // As `dotnet FILE.dll` is run, the process is dotnet's.
        var file = Environment.ProcessPath!;
        var isDotnet = Path.GetFileNameWithoutExtension(file) == "dotnet";
        return Process.Start(new ProcessStartInfo(
            file, isDotnet ? arguments.Prepend(typeof(OtherProcess).Assembly.Location) : arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
    }
}
