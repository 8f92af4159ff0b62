using System.Runtime.CompilerServices;

namespace ActorTrain.Simulation.Tests.Cluster;

/// <summary>
/// The whole cluster in one thread: processes that hold the real transitions, a network between them, and virtual time.
/// Everything that happens follows from the seed.
/// </summary>
internal sealed class World
{
    // A schedule of a few dozen steps takes some thousand events; one that goes round in circles takes more.
    private const int MostEvents = 300_000;

    // What is left when nothing goes wrong any more takes a second or two.
    private const long LongestEnd = 120_000_000;

    private readonly EventQueue _queue = new();
    private readonly FaultInjector _faults;
    private readonly List<string>? _trace;
    private readonly long[] _tally;
    private long _deadline = long.MaxValue;

    public World(Seeded random, Settings settings, RunOracle run, Rules rules, long[] tally, List<string>? trace)
    {
        (Random, Settings, Run, Rules, _tally, _trace) = (random, settings, run, rules, tally, trace);
        Network = new(this);
        Membership = new(this);
        _faults = new(this);
        for (var i = 0; i < settings.Servers; i++) Servers.Add(new(this, $"server {i}"));
        Aggregator = settings.Members > 0 ? new(this, "aggregator") : null;
        for (var i = 0; i < settings.Workers; i++)
            Workers.Add(new(this, $"node {i}", i < settings.Members ? Aggregator : null)
            {
                IsBroken = i == 0 && settings.HasBrokenWorker,
            });
        Nodes = Aggregator is null ? Workers : [Aggregator, .. Workers];
        Processes = [.. Servers, .. Nodes];
    }

    public Seeded Random { get; }

    public Settings Settings { get; }

    public RunOracle Run { get; }

    public Rules Rules { get; }

    public Network Network { get; }

    public Membership Membership { get; }

    public List<ServerProcess> Servers { get; } = [];

    public List<WorkerProcess> Workers { get; } = [];

    /// <summary>Sums for some of the workers; none: all go to the server.</summary>
    public AggregatorProcess? Aggregator { get; }

    /// <summary>The workers and the aggregator.</summary>
    public IReadOnlyList<Process> Nodes { get; }

    public IReadOnlyList<Process> Processes { get; }

    /// <summary>Virtual time, in microseconds.</summary>
    public long Now { get; private set; }

    /// <summary>False from the moment on after which nothing goes wrong any more.</summary>
    public bool HasFaults { get; private set; } = true;

    /// <summary>Set when the run has ended as it should.</summary>
    public bool IsOver { get; set; }

    /// <summary>Computations that may still throw.</summary>
    public int ThrowsLeft { get; set; }

    public int Events { get; private set; }

    /// <exception cref="Violation">Something that must always hold does not.</exception>
    public void Simulate()
    {
        ThrowsLeft = Settings.Throws;
        Note($"{Settings}");
        foreach (var server in Servers) server.Start();
        foreach (var node in Nodes)
            At(
                node == Aggregator && Settings.IsAggregatorLate
                    ? Random.Between(4_900_000, 5_300_000)
                    : Random.BetweenByMagnitude(10, 50_000), Happening.Restart, subject: node);
        _faults.Begin();
        for (var i = 0; i < Settings.Stops; i++)
            At(Random.BetweenByMagnitude(1000, 1_000_000), Happening.StopPressed);
        while (!IsOver)
        {
            if (_queue.IsEmpty) throw new Violation("the run has not ended and nothing is left to happen");
            var e = _queue.Take();
            Now = e.At;
            if (++Events > MostEvents || Now > _deadline)
                throw new Violation($"the run has not ended {LongestEnd / 1_000_000} s after the last fault");
            if (e.Target is { } target) target.Receive(e);
            else Handle(e);
        }
    }

    public void At(
        long at, Happening what, Process? target = null, int life = -1,
        object? subject = null, object? payload = null, long number = 0) =>
        _queue.Add(new(at, what, target, life, subject, payload, number));

    /// <summary>Writes down what happens, where somebody will read it.</summary>
    public void Note([InterpolatedStringHandlerArgument("")] TraceText text)
    {
        if (_trace is not null) _trace.Add($"{Now / 1000.0,10:F3} ms  {text.Text}");
    }

    /// <summary>Counts what must happen now and then.</summary>
    public void Tally(Notable what) => _tally[(int)what]++;

    public bool IsTraced => _trace is not null;

    private void Handle(in Event e)
    {
        var process = e.Subject as Process;
        switch (e.What)
        {
            case Happening.Fault:
                _faults.Next();
                break;
            case Happening.FaultsEnd:
                EndFaults();
                break;
            case Happening.Resume:
                process!.Resume();
                break;
            case Happening.Restart:
                StartAgain(process!);
                break;
            case Happening.StopPressed:
                if (Membership.Server is { } server) At(Now, Happening.StopAsked, server);
                break;
            case Happening.RunStopped:
                if (process is ServerProcess { IsServing: true } stopped && stopped.Life == e.Number)
                    StartAllAgain(stopped);
                break;
            case Happening.ServerSuspected:
                Membership.Suspect((ServerProcess)process!, (int)e.Number);
                break;
            default:
                throw new System.Diagnostics.UnreachableException($"{e.What} is not for the world.");
        }
    }

    private static void StartAgain(Process process)
    {
        if (process is { IsUp: false, IsDismissed: false }) process.Start();
    }

    // As a person does: the server where the run stopped comes first, for its disk has the last step.
    private void StartAllAgain(ServerProcess server)
    {
        var (steps, isGivenUp) = (server.State.StepsDone, server.Checkpoints.GivenUp == server.State.StepsDone);
        Note($"the run has stopped after {steps} steps");
        foreach (var process in Processes)
            if (process.IsUp) process.Crash();
        Membership.Dissolve();
        server.Start();
        if (server.State.StepsDone != steps && !isGivenUp)
            throw new Violation($"{server.Name} stopped after step {steps} and goes on from {server.State.StepsDone}");
        foreach (var process in Processes)
            if (process != server)
                At(Now + Random.BetweenByMagnitude(10, 100_000), Happening.Restart, subject: process);
    }

    private void EndFaults()
    {
        Note($"nothing goes wrong from here on");
        HasFaults = false;
        ThrowsLeft = 0;
        _deadline = Now + LongestEnd;
        Network.Heal();
        foreach (var process in Processes)
        {
            process.Slowness = 1;
            if (process == Aggregator && Settings.IsAggregatorLate) continue;
            if (!process.IsUp) StartAgain(process);
            else if (process.IsPaused) process.Wake();
        }
        // What was lost without a trace is not sent again; a connection that breaks tells both ends.
        if (!Settings.IsOrdered) Network.BreakAll();
    }
}

/// <summary>Text that is only made where the world is traced.</summary>
[InterpolatedStringHandler]
internal readonly ref struct TraceText
{
    private readonly System.Text.StringBuilder? _text;

    public TraceText(int literals, int holes, World world, out bool isWanted)
    {
        isWanted = world.IsTraced;
        _text = isWanted ? new(literals + (8 * holes)) : null;
    }

    public string Text => _text!.ToString();

    public void AppendLiteral(string text) => _text!.Append(text);

    public void AppendFormatted<T>(T value) => _text!.Append(value);
}
