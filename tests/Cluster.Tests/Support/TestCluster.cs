using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;
using ActorTrain.Schedules;

namespace ActorTrain.Cluster.Tests;

/// <summary>Processes on this machine that train together, each in the same folder, until the test ends.</summary>
internal sealed class TestCluster : IDisposable
{
    private const int FirstPort = 15_000;
    private const int Ports = 15_000;

    private static readonly string Program = typeof(TestCluster).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "Program").Value!;

    // The program has tiers off, which suits long runs. Here most of a node's life is its start: what is not compiled
    // ahead is compiled fast, and only once. The bits stay.
    private static readonly (string Name, string Value)[] ShortLife =
        [("DOTNET_TieredCompilation", "1"), ("DOTNET_TieredPGO", "0"), ("DOTNET_TC_CallCounting", "0")];

    // Test processes that run at the same time begin in different places.
    private static int _portsTried = 37 * Environment.ProcessId;

    private readonly List<NodeProcess> _nodes = [];
    private readonly int[] _ports;

    /// <summary>Nobody yet.</summary>
    /// <param name="servers">How many nodes may be the server.</param>
    public TestCluster(int servers = 1)
    {
        _ports = [.. Enumerable.Range(0, servers).Select(_ => FreePort())];
        Folder = Directory.CreateTempSubdirectory("actortrain-").FullName;
    }

    /// <summary>Where everybody runs.</summary>
    public string Folder { get; }

    /// <summary>What nodes join by.</summary>
    public string Seeds =>
        string.Join(',', _ports.Select(port => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}")));

    public string In(params string[] path) => Path.Combine([Folder, .. path]);

    /// <summary>
    /// A server that everybody else joins, and which shows the run: <c>actortrain train --nodes N</c>.
    /// </summary>
    public NodeProcess Train(int workers, int shards, params string[] options) =>
        TrainBy(shell: "", workers, shards, options);

    /// <summary>The same, by a shell as in <see cref="Start"/>.</summary>
    public NodeProcess TrainBy(string shell, int workers, int shards, params string[] options) => Start("server", shell,
        ["train", .. SmallRun.Options(
            ["--nodes", $"{workers}", "--shards", $"{shards}", "--port", $"{_ports[0]}", "--out", "run"], options)]);

    /// <summary>One of the nodes that may be the server: <c>actortrain node --role server</c>.</summary>
    /// <param name="index">Which, from 0; its name is <c>s1</c> and so on.</param>
    /// <param name="workers">How many workers a new run waits for.</param>
    /// <param name="options">Further ones.</param>
    /// <param name="shell">As in <see cref="Start"/>.</param>
    public NodeProcess Server(int index, int workers, IEnumerable<string>? options = null, string shell = "") => Start(
        $"s{index + 1}", shell,
        ["node", "--role", "server", .. SmallRun.Options(
            ["--shards", "1", "--nodes", $"{workers}", "--name",
                $"s{index + 1}", "--port", $"{_ports[index]}", "--seed-node", Seeds, "--out", $"s{index + 1}"],
            options ?? [])]);

    /// <summary>A node that computes: <c>actortrain node --role worker</c>.</summary>
    public NodeProcess Worker(string name, params string[] options) => WorkerBy(shell: "", name, options);

    /// <summary>The same, by a shell as in <see cref="Start"/>.</summary>
    public NodeProcess WorkerBy(string shell, string name, params string[] options) => Start(name, shell,
        ["node", "--role",
            "worker", "--data", SmallRun.Folder, "--shards", "1", "--name", name, "--seed-node", Seeds, .. options]);

    /// <summary>A node that sums for its members: <c>actortrain node --role aggregator</c>.</summary>
    /// <param name="name">The node's.</param>
    /// <param name="members">How many it waits for.</param>
    /// <param name="shards">Of its own.</param>
    /// <param name="options">Further ones.</param>
    public NodeProcess Aggregator(string name, int members, int shards, params string[] options) => Start(name, "",
        ["node", "--role",
            "aggregator", "--data", SmallRun.Folder, "--shards", $"{shards}", "--nodes", $"{members}", "--name", name,
            "--seed-node", Seeds, .. options]);

    /// <summary>A node that holds a range of the parameters: <c>actortrain node --role ps</c>.</summary>
    public NodeProcess Holder(string name, params string[] options) =>
        Start(name, "", ["node", "--role", "ps", "--name", name, "--seed-node", Seeds, .. options]);

    /// <summary>A node by its name.</summary>
    public NodeProcess this[string name] => _nodes.Last(n => n.Name == name);

    /// <summary>SIGKILL for everybody, at once; all that they wrote is read afterwards.</summary>
    public async Task KillAll()
    {
        foreach (var node in _nodes) node.Kill();
        foreach (var node in _nodes) await node.End();
    }

    /// <summary>Starts the program.</summary>
    /// <param name="name">The node's.</param>
    /// <param name="shell">Commands of a shell that becomes the program; none: no shell.</param>
    /// <param name="arguments">The program's.</param>
    public NodeProcess Start(string name, string shell, params string[] arguments)
    {
        var start = shell.Length == 0
            ? new ProcessStartInfo("dotnet", [Program, .. arguments])
            : new ProcessStartInfo("bash", ["-c", $"{shell} dotnet \"$@\"", "bash", Program, .. arguments]);
        start.WorkingDirectory = Folder;
        foreach (var (variable, value) in ShortLife) start.Environment[variable] = value;
        var node = new NodeProcess(name, start);
        _nodes.Add(node);
        return node;
    }

    /// <summary>Waits until one of some nodes has written a line.</summary>
    /// <param name="nodes">Who may write it.</param>
    /// <param name="what">What the line contains.</param>
    /// <param name="after">Not before this time.</param>
    public async Task<NodeLine> Line(
        IReadOnlyCollection<NodeProcess> nodes, string what, TimeSpan after = default)
    {
        var deadline = NodeProcess.Now + TimeSpan.FromSeconds(NodeProcess.Patience);
        while (true)
        {
            var found = nodes.SelectMany(n => n.Lines)
                .Where(l => l.At > after && l.Text.Contains(what, StringComparison.Ordinal)).MinBy(l => l.At);
            if (found is not null) return found;
            if (NodeProcess.Now > deadline)
                throw new TimeoutException(
                    $"Nobody wrote '{what}' after {after.TotalSeconds:F2} s within {NodeProcess.Patience} s:\n{Log}");
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>The same, for one node.</summary>
    public Task<NodeLine> Line(NodeProcess node, string what, TimeSpan after = default) =>
        Line([node], what, after);

    /// <summary>
    /// Waits until a run goes on, its stand-bys keep checkpoints, and gossip, every half second, has told all servers
    /// that all are up: who does not know so yet counts itself to the minority when the leader dies.
    /// </summary>
    /// <returns>Who leads, and the stand-bys.</returns>
    public async Task<(NodeProcess Leader, NodeProcess[] Others)> WithStandbys(IReadOnlyCollection<NodeProcess> servers)
    {
        await Epochs(servers, 2);
        var leader = LeaderOf(servers);
        NodeProcess[] others = [.. servers.Where(s => s != leader)];
        foreach (var other in others) await Line(leader, $"stand-by {other.Name} keeps checkpoints");
        await Task.Delay(TimeSpan.FromSeconds(3), TestContext.Current.CancellationToken);
        await Epochs(servers, 2);
        return (leader, others);
    }

    /// <summary>The only one of some servers that has shown epochs.</summary>
    public static NodeProcess LeaderOf(IEnumerable<NodeProcess> servers) =>
        servers.Single(s => s.Lines.Any(l => l.Text.StartsWith("epoch ", StringComparison.Ordinal)));

    /// <summary>Waits until a run has gone on for so many epochs.</summary>
    public async Task Epochs(IReadOnlyCollection<NodeProcess> servers, int count)
    {
        var time = NodeProcess.Now;
        for (var i = 0; i < count; i++) time = (await Line(servers, "epoch ", after: time)).At;
    }

    /// <summary>The report of a run that <see cref="Train"/> began.</summary>
    public JsonElement Report() => JsonDocument.Parse(File.ReadAllText(In("run", "report.json"))).RootElement;

    /// <summary>The schedule of a finished run of <see cref="Train"/> gives its weights again.</summary>
    public void AssertReplaysToTheSameBits()
    {
        var name = In("run", "schedule.jsonl");
        var file = ScheduleFile.Decode(File.ReadAllBytes(name), name);
        var replayed = ScheduleReplayer.Replay(file.Recipe, SmallRun.Data, file.Schedule);
        Assert.Equal(replayed.State.Parameters.Sha256(), Report().GetProperty("weightsSha256").GetString());
    }

    /// <summary>
    /// Ctrl-C for the run of <see cref="Train"/>: it stops for all, and has the sequential run's bits.
    /// </summary>
    public async Task StopWithTheRightBits(NodeProcess server)
    {
        server.Signal("INT");
        var (exitCode, error) = await server.End();
        Assert.True(exitCode == 0, $"exit code {exitCode}: {error}\n{Log}");
        var report = Report();
        Assert.Equal(
            SmallRun.WeightsAfter(report.GetProperty("steps").GetInt64()),
            report.GetProperty("weightsSha256").GetString());
        AssertTheRightBits();
        AssertPlainWords();
    }

    /// <summary>Every epoch that anybody has shown ended with the weights of the sequential run.</summary>
    public void AssertTheRightBits()
    {
        var lines = EpochLines().ToList();
        Assert.NotEmpty(lines);
        foreach (var line in lines)
        {
            var (epoch, parts) = (EpochOf(line), line.Text.Split("  "));
            Assert.Equal(
                $"epoch {epoch} weights {SmallRun.FingerprintOf(epoch)}",
                $"epoch {epoch} {parts.Single(p => p.StartsWith("weights ", StringComparison.Ordinal))}");
            Assert.Contains($"seen {SmallRun.Examples}/{SmallRun.Examples}", parts);
        }
    }

    /// <summary>All epochs that anybody has shown.</summary>
    public IEnumerable<int> EpochsDone() => EpochLines().Select(EpochOf);

    /// <summary>The epoch that a line shows.</summary>
    public static int EpochOf(NodeLine line) =>
        int.Parse(
            line.Text["epoch ".Length..line.Text.IndexOf('/', StringComparison.Ordinal)], CultureInfo.InvariantCulture);

    /// <summary>
    /// A line tells that a node is lost. It held one order at most: none are handed out again of an evaluation, nor of
    /// what somebody else has been given meanwhile, and all four if it had the whole minibatch.
    /// </summary>
    /// <param name="node">Which.</param>
    /// <param name="reason">A pattern for why.</param>
    /// <param name="line">The line.</param>
    public static void AssertLost(string node, string reason, NodeLine line) => AssertMatches(
        $"^node {node} lost at step [0-9]+ after [0-9.]+ s: [0-4] microbatch(es)? handed out again, "
        + $"0 samples lost \\({reason}\\)$",
        line);

    /// <summary>A line is as it should be; else the failure shows all of it, which xunit's own does not.</summary>
    public static void AssertMatches(string pattern, NodeLine line) =>
        Assert.True(Regex.IsMatch(line.Text, pattern), $"'{line.Text}' does not match {pattern}");

    /// <summary>
    /// Nobody has written stack traces, log lines of a library, or anything else that is not for people.
    /// </summary>
    public void AssertPlainWords()
    {
        foreach (var text in _nodes.SelectMany(n => n.Lines.Select(l => l.Text).Append(n.Error)))
            foreach (var noise in new[] { "[ERROR]", "[WARNING]", "[INFO]", "   at ", "akka" })
                Assert.False(text.Contains(noise, StringComparison.Ordinal), $"'{text}' is not for people:\n{Log}");
    }

    /// <summary>All that all have written, for failures.</summary>
    public string Log => string.Join("\n\n", _nodes.Select(n => n.Log));

    public void Dispose()
    {
        foreach (var node in _nodes) node.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    private IEnumerable<NodeLine> EpochLines() =>
        _nodes.SelectMany(n => n.Lines).Where(l => l.Text.StartsWith("epoch ", StringComparison.Ordinal));

    // Below those that the system gives to outgoing connections: a node that is killed finds its own free again.
    private static int FreePort()
    {
        while (true)
        {
            var port = FirstPort + (Interlocked.Increment(ref _portsTried) % Ports);
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, port);
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // In use: the next one.
            }
        }
    }
}
