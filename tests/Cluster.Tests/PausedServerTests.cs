using System.Globalization;
using ActorTrain.Checkpoints;

namespace ActorTrain.Cluster.Tests;

/// <summary>SIGSTOP for the server, and SIGCONT when another one has taken over.</summary>
public class PausedServerTests
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_server_that_is_paused_for_30_seconds_is_replaced_and_comes_back_as_a_stand_by()
    {
        using var cluster = new TestCluster(servers: 3);
        NodeProcess[] servers = [.. Enumerable.Range(0, 3).Select(i => cluster.Server(i, workers: 1))];
        cluster.Worker("a");
        var (paused, others) = await cluster.WithStandbys(servers);
        var stopped = NodeProcess.Now;
        paused.Signal("STOP");
        var next = await cluster.Line(others, "epoch ", stopped);
        var joined = await cluster.Line(others, "node a joined at step ", stopped);
        Measured.Tell(
            "the server was paused", ("the next epoch", next.At - stopped), ("with the worker", joined.At - stopped));
        await cluster.Line(others, "keeps checkpoints", stopped);
        while (NodeProcess.Now - stopped < Pause) await cluster.Epochs(others, 1);
        var continued = NodeProcess.Now;
        paused.Signal("CONT");
        var back = await cluster.Line(others, $"stand-by {paused.Name} keeps checkpoints", continued);
        Measured.Tell("it went on", ("a stand-by", back.At - continued));
        await cluster.Epochs(others, 2);
        var leader = TestCluster.LeaderOf(others);
        Assert.DoesNotContain(leader.Lines, l => l.Text.Contains("cut off", StringComparison.Ordinal));
        cluster.AssertTheRightBits();
        cluster.AssertPlainWords();
    }

    // Vectors above 256 KB, which a worker of the same machine shares: it has written the next server's gradients where
    // the paused one is still to read its own. That one ends its step, and saves, before it hears that it was replaced.
    [Fact]
    public async Task A_paused_server_that_goes_on_with_its_step_saves_the_right_parameters()
    {
        using var cluster = new TestCluster(servers: 3);
        string[] network = ["--hidden", "512,256", "--checkpoint-steps", "8"];
        NodeProcess[] servers = [.. Enumerable.Range(0, 3).Select(i => cluster.Server(i, workers: 1, network))];
        var worker = cluster.Worker("a");
        await cluster.Line(servers, "epoch ");
        var paused = TestCluster.LeaderOf(servers);
        NodeProcess[] others = [.. servers.Where(s => s != paused)];
        foreach (var other in others) await cluster.Line(paused, $"stand-by {other.Name} keeps checkpoints");
        // Gossip: as in WithStandbys.
        await Task.Delay(TimeSpan.FromSeconds(3), TestContext.Current.CancellationToken);
        // So the worker's answer is what the paused server waits for.
        var stopped = NodeProcess.Now;
        worker.Signal("STOP");
        await Task.Delay(30, TestContext.Current.CancellationToken);
        paused.Signal("STOP");
        worker.Signal("CONT");
        await cluster.Line(others, "node a joined at step ", stopped);
        await Task.Delay(TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken);
        var folder = cluster.In(paused.Name, "checkpoints");
        var last = Checkpoints(folder)[^1];
        paused.Signal("CONT");
        var deadline = NodeProcess.Now + TimeSpan.FromSeconds(NodeProcess.Patience);
        while (Checkpoints(folder)[^1] == last && NodeProcess.Now < deadline)
            await Task.Delay(1, TestContext.Current.CancellationToken);
        await cluster.KillAll();
        var saved = Checkpoints(folder).Where(file => string.CompareOrdinal(file, last) > 0).ToList();
        Assert.NotEmpty(saved);
        foreach (var file in saved)
        {
            var digits = Path.GetFileNameWithoutExtension(file)["step-".Length..];
            var step = int.Parse(digits, CultureInfo.InvariantCulture);
            Assert.Equal(
                $"{file} {SmallRun.WeightsOfNetworkAfter(step, 512, 256)}",
                $"{file} {CheckpointFormat.Read(file).Vectors[0].Sha256()}");
        }
    }

    // Names are as long as each other.
    private static List<string> Checkpoints(string folder) =>
        [.. Directory.EnumerateFiles(folder, "step-*.checkpoint").Order(StringComparer.Ordinal)];
}
