using System.Diagnostics;

namespace ActorTrain.Host.Commands;

/// <summary>
/// Processes of this program that end with it, however it ends: their standard input is this process's to close.
/// </summary>
internal sealed class ChildNodes : IDisposable
{
    private static readonly TimeSpan TimeToStop = TimeSpan.FromSeconds(20);

    private readonly List<Process> _children = [];
    private bool _isStopping;

    /// <summary>Starts <c>actortrain node</c>.</summary>
    /// <param name="say">Told what it says when it ends by itself with an error.</param>
    /// <param name="arguments">After <c>node</c>.</param>
    public void Start(Action<string> say, IEnumerable<string> arguments)
    {
        var assembly = Environment.GetCommandLineArgs()[0];
        var isHosted = Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet";
        var start = new ProcessStartInfo(Environment.ProcessPath!, [
            .. isHosted ? [assembly] : Array.Empty<string>(), "node", "--until-input-ends", .. arguments
        ])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var process = new Process { StartInfo = start, EnableRaisingEvents = true };
        var last = "";
        process.OutputDataReceived += (_, e) => last = e.Data ?? last;
        process.ErrorDataReceived += (_, e) => last = e.Data ?? last;
        process.Exited += (_, _) =>
        {
            if (!_isStopping && process.ExitCode != 0)
                say($"{last} (its process ended with exit code {process.ExitCode})");
        };
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        _children.Add(process);
    }

    /// <summary>Stops all, and kills those that do not stop.</summary>
    public void Dispose()
    {
        _isStopping = true;
        foreach (var child in _children) child.StandardInput.Close();
        var deadline = Stopwatch.StartNew();
        foreach (var child in _children)
        {
            var left = TimeToStop - deadline.Elapsed;
            if (!child.WaitForExit(left > TimeSpan.Zero ? left : TimeSpan.Zero)) child.Kill();
            child.Dispose();
        }
    }
}
