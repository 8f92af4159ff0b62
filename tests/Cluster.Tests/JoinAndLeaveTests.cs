namespace ActorTrain.Cluster.Tests;

/// <summary>Nodes come and go as they like.</summary>
public class JoinAndLeaveTests
{
    [Theory, InlineData("tcp"), InlineData("akka")]
    public async Task A_worker_joins_and_one_leaves_in_mid_epoch_and_the_bits_stay(string transport)
    {
        using var cluster = new TestCluster();
        var server = cluster.Train(workers: 1, shards: 1, "--transport", transport);
        var first = cluster.Worker("a", "--transport", transport);
        await cluster.Epochs([server], 2);
        var second = cluster.Worker("b", "--transport", transport);
        await cluster.Line(server, "node b joined at step ");
        await cluster.Epochs([server], 2);
        var left = NodeProcess.Now;
        first.Signal("TERM");
        var lost = await cluster.Line(server, "node a lost at step ", left);
        TestCluster.AssertLost("a", "it left", lost);
        Assert.Equal((0, ""), await first.End());
        await cluster.Line(first, "leaving; its work, if it has any, goes to the others; press Ctrl-C again");
        await cluster.Line(server, "epoch ", lost.At);
        await cluster.StopWithTheRightBits(server);
        await cluster.Line(second, "the run was stopped: weights ");
        Assert.DoesNotContain(second.Lines, l => l.Text.Contains("lost", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Ctrl_C_at_a_server_hands_over_to_a_stand_by_and_the_run_goes_on()
    {
        using var cluster = new TestCluster(servers: 2);
        var (first, second) = (cluster.Server(0, workers: 1), cluster.Server(1, workers: 1));
        cluster.Worker("a");
        NodeProcess[] servers = [first, second];
        await cluster.Epochs(servers, 3);
        await cluster.Line(servers, "keeps checkpoints");
        var leader = first.Lines.Any(l => l.Text.StartsWith("epoch ", StringComparison.Ordinal)) ? first : second;
        var other = leader == first ? second : first;
        var signalled = NodeProcess.Now;
        leader.Signal("INT");
        var next = await cluster.Line(other, "epoch ", signalled);
        Measured.Tell("a server left", ("the next epoch", next.At - signalled));
        Assert.Equal((0, ""), await leader.End());
        await cluster.Line(leader, "leaving; a stand-by goes on with the run, if there is one; press Ctrl-C again");
        cluster.AssertTheRightBits();
        cluster.AssertPlainWords();
    }

    [Fact]
    public async Task A_worker_serves_one_run_after_another()
    {
        using var cluster = new TestCluster();
        var worker = cluster.Worker("a");
        for (var i = 0; i < 2; i++)
        {
            var begun = NodeProcess.Now;
            var server = cluster.Train(workers: 1, shards: 0, "--max-steps", "300", "--out", $"run{i}");
            await cluster.Line(server, "epoch 1/");
            var (exitCode, error) = await server.End();
            Assert.True(exitCode == 0, error + cluster.Log);
            await cluster.Line(worker, "the run is finished: weights ", begun);
        }
        worker.Signal("INT");
        Assert.Equal((0, ""), await worker.End());
        cluster.AssertTheRightBits();
        cluster.AssertPlainWords();
    }
}
