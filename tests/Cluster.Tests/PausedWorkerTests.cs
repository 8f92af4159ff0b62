namespace ActorTrain.Cluster.Tests;

/// <summary>SIGSTOP for a worker, and SIGCONT after half a minute: it comes back as if from the dead.</summary>
public class PausedWorkerTests
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
        Assert.InRange(next.At - stopped, TimeSpan.Zero, Pause);
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
}
