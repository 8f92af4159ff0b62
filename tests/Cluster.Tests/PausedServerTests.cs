namespace ActorTrain.Cluster.Tests;

/// <summary>SIGSTOP for the server, and SIGCONT after half a minute, when another one has taken over.</summary>
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
}
