using System.Diagnostics;
using System.Globalization;

namespace ActorTrain.Cluster.Tests;

/// <summary>A line that a node has written.</summary>
/// <param name="Text">Without the node's name before it.</param>
/// <param name="At">When it came, on the clock of <see cref="NodeProcess.Now"/>.</param>
internal sealed record NodeLine(string Text, TimeSpan At);

/// <summary>The program as a process, and what it has written. It is killed at the end, whatever happens.</summary>
internal sealed class NodeProcess : IDisposable
{
    /// <summary>
    /// Seconds, far longer than anything takes on a slow machine that runs other tests beside; only a failure waits so
    /// long.
    /// </summary>
    public const double Patience = 180;

    private static readonly Stopwatch Clock = Stopwatch.StartNew();
    private static readonly HashSet<NodeProcess> Running = [];

    private readonly Process _process;
    private readonly List<NodeLine> _lines = [];
    private readonly List<string> _errors = [];
    private readonly Task _reading;

    static NodeProcess() => AppDomain.CurrentDomain.ProcessExit += (_, _) =>
    {
        lock (Running)
            foreach (var node in Running) node.Kill();
    };

    /// <summary>Starts it.</summary>
    /// <param name="name">For failures; what the program itself writes before its lines.</param>
    /// <param name="start">File, arguments and folder.</param>
    public NodeProcess(string name, ProcessStartInfo start)
    {
        Name = name;
        start.RedirectStandardOutput = start.RedirectStandardError = true;
        _process = Process.Start(start)!;
        lock (Running) Running.Add(this);
        _reading = Task.WhenAll(Task.Run(ReadOutput), Task.Run(ReadErrors));
    }

    /// <summary>Of all nodes' lines.</summary>
    public static TimeSpan Now => Clock.Elapsed;

    public string Name { get; }

    public int Id => _process.Id;

    /// <summary>What it has written so far.</summary>
    public IReadOnlyList<NodeLine> Lines
    {
        get
        {
            lock (_lines) return [.. _lines];
        }
    }

    /// <summary>What it has written to standard error so far.</summary>
    public string Error
    {
        get
        {
            lock (_errors) return string.Join('\n', _errors);
        }
    }

    /// <summary>All that it has written, for failures.</summary>
    public string Log => Error + string.Join(
        '\n',
        Lines.Select(l => string.Create(CultureInfo.InvariantCulture, $"{l.At.TotalSeconds,8:F2} {Name}: {l.Text}")));

    /// <summary>SIGKILL: no farewell.</summary>
    public void Kill()
    {
        if (!_process.HasExited) _process.Kill();
    }

    /// <summary>Sends a signal by its name.</summary>
    public void Signal(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
        Assert.Equal(0, kill.ExitCode);
    }

    /// <summary>Waits for its end.</summary>
    /// <returns>Its exit code, and what it wrote to standard error.</returns>
    public async Task<(int ExitCode, string Error)> End()
    {
        try
        {
            await Task.WhenAll(_process.WaitForExitAsync(), _reading).WaitAsync(TimeSpan.FromSeconds(Patience));
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"{Name} did not end within {Patience} s:\n{Log}");
        }
        return (_process.ExitCode, Error);
    }

    public void Dispose()
    {
        lock (Running) Running.Remove(this);
        Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    private void ReadOutput()
    {
        while (_process.StandardOutput.ReadLine() is { } line)
        {
            if (line.StartsWith($"{Name}: ", StringComparison.Ordinal)) line = line[(Name.Length + 2)..];
            lock (_lines) _lines.Add(new(line, Now));
        }
    }

    private void ReadErrors()
    {
        while (_process.StandardError.ReadLine() is { } line)
            lock (_errors) _errors.Add(line);
    }
}
