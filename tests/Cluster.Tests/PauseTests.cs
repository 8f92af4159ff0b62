namespace ActorTrain.Cluster.Tests;

/// <summary>SIGSTOP, and SIGCONT after half a minute: whoever was paused comes back as if from the dead.</summary>
public class PauseTests
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_worker_that_is_paused_for_30_seconds_delays_nobody_and_computes_again_afterwards()
    {
        using var cluster = new TestCluster();
        var server = cluster.Train(workers: 2, shards: 0);
        var (paused, other) = (cluster.Worker("a"), cluster.Worker("b"));
        await cluster.Epochs([server], 3);
        var stopped = NodeProcess.Now;
        paused.Signal("STOP");
        var next = await cluster.Line(server, "epoch ", stopped);
        var lost = await cluster.Line(server, "node a lost at step ", stopped);
        Measured.Tell("a worker was paused", ("the next epoch", next.At - stopped), ("given up", lost.At - stopped));
        Assert.InRange(next.At - stopped, TimeSpan.Zero, TimeSpan.FromSeconds(3));
        while (NodeProcess.Now - stopped < Pause) await cluster.Epochs([server], 1);
        var continued = NodeProcess.Now;
        paused.Signal("CONT");
        var back = await cluster.Line(server, "node a joined at step ", continued);
        Measured.Tell("it went on", ("back in the run", back.At - continued));
        // Alone, it has to compute.
        other.Kill();
        await cluster.Line(server, "node b lost at step ", continued);
        await cluster.Epochs([server], 2);
        await cluster.StopWithTheRightBits(server);
    }

    [Fact]
    public async Task A_server_that_is_paused_for_30_seconds_is_replaced_and_comes_back_as_a_stand_by()
    {
        using var cluster = new TestCluster(servers: 3);
        NodeProcess[] servers = [.. Enumerable.Range(0, 3).Select(i => cluster.Server(i, workers: 1))];
        cluster.Worker("a");
        await cluster.Epochs(servers, 2);
        var paused = servers.Single(s => s.Lines.Any(l => l.Text.StartsWith("epoch ", StringComparison.Ordinal)));
        NodeProcess[] others = [.. servers.Where(s => s != paused)];
        foreach (var other in others) await cluster.Line(paused, $"stand-by {other.Name} keeps checkpoints");
        await cluster.Epochs(servers, 2);
        var stopped = NodeProcess.Now;
        paused.Signal("STOP");
        var next = await cluster.Line(others, "epoch ", stopped);
        Measured.Tell("the server was paused", ("the next epoch", next.At - stopped));
        while (NodeProcess.Now - stopped < Pause) await cluster.Epochs(others, 1);
        var continued = NodeProcess.Now;
        paused.Signal("CONT");
        var back = await cluster.Line(others, $"stand-by {paused.Name} keeps checkpoints", continued);
        Measured.Tell("it went on", ("a stand-by", back.At - continued));
        await cluster.Epochs(others, 2);
        var leader = others.Single(s => s.Lines.Any(l => l.Text.StartsWith("epoch ", StringComparison.Ordinal)));
        Assert.DoesNotContain(leader.Lines, l => l.Text.Contains("cut off", StringComparison.Ordinal));
        cluster.AssertTheRightBits();
        cluster.AssertPlainWords();
    }
}
