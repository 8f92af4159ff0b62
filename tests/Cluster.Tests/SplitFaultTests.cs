namespace ActorTrain.Cluster.Tests;

/// <summary>A run whose parameters are split ends with the same bits, whoever is killed or paused.</summary>
public class SplitFaultTests
{
    [Fact]
    public async Task After_kill_9_of_a_holder_another_one_gets_its_range_and_the_run_ends_with_the_same_weights()
    {
        using var cluster = new TestCluster();
        await using var run = await SplitRun.Begin(cluster);
        var server = run.Server;
        var killed = NodeProcess.Now;
        cluster["p1"].Kill();
        var lost = await cluster.Line(server, "ps p1 lost (", killed);
        TestCluster.AssertMatches(
            "^the run goes back from step [0-9]+ to [0-9]+; it waits until every range has a ps$",
            await cluster.Line(server, "the run goes back", killed));
        cluster.Holder("p3");
        var held = await cluster.Line(server, "ps p3 holds parameters ", killed);
        var next = await cluster.Line(server, "epoch ", held.At);
        Measured.Tell(
            "the holder of a range was killed", ("noticed", lost.At - killed), ("the next epoch", next.At - held.At));
        await cluster.StopWithTheRightBits(server);
        await cluster.Line(cluster["p2"], "the run was stopped: weights ");
    }

    [Fact]
    public async Task A_spare_holder_takes_the_range_of_one_that_is_killed()
    {
        using var cluster = new TestCluster();
        await using var run = await SplitRun.Begin(cluster);
        var server = run.Server;
        var spare = cluster.Holder("p3");
        await cluster.Epochs([server], 4);
        var killed = NodeProcess.Now;
        cluster["p2"].Kill();
        await cluster.Line(server, "ps p3 holds parameters ", killed);
        await cluster.Epochs([server], 2);
        await cluster.StopWithTheRightBits(server);
        await cluster.Line(spare, "the run was stopped: weights ");
    }

    [Fact]
    public async Task A_holder_that_is_paused_loses_its_range_and_comes_back_as_a_spare()
    {
        using var cluster = new TestCluster();
        await using var run = await SplitRun.Begin(cluster);
        var server = run.Server;
        cluster.Holder("p3");
        await cluster.Epochs([server], 2);
        var paused = NodeProcess.Now;
        cluster["p1"].Signal("STOP");
        await cluster.Line(server, "ps p1 lost (", paused);
        await cluster.Line(server, "ps p3 holds parameters ", paused);
        await cluster.Epochs([server], 1);
        var goesOn = NodeProcess.Now;
        cluster["p1"].Signal("CONT");
        cluster["p3"].Kill();
        await cluster.Line(server, "ps p1 holds parameters ", goesOn);
        await cluster.Epochs([server], 1);
        await cluster.StopWithTheRightBits(server);
    }

    [Fact]
    public async Task After_kill_9_of_one_of_two_workers_the_other_goes_on_with_the_same_weights()
    {
        using var cluster = new TestCluster();
        await using var run = await SplitRun.Begin(cluster);
        var server = run.Server;
        var killed = NodeProcess.Now;
        cluster["a"].Kill();
        TestCluster.AssertLost("a", ".+", await cluster.Line(server, "node a lost at step ", killed));
        await cluster.Epochs([server], 2);
        Assert.DoesNotContain(server.Lines, l => l.Text.Contains("goes back", StringComparison.Ordinal));
        await cluster.StopWithTheRightBits(server);
    }

    [Fact]
    public async Task After_kill_9_of_the_server_a_stand_by_goes_on_with_the_same_holders()
    {
        using var cluster = new TestCluster(servers: 3);
        NodeProcess[] servers =
        [
            .. Enumerable.Range(0, 3)
                .Select(i => cluster.Server(i, workers: 1, [.. SplitRun.Options, "--shards", "0"])),
        ];
        foreach (var name in new[] { "p1", "p2" }) cluster.Holder(name);
        cluster.Worker("a");
        var (leader, others) = await cluster.WithStandbys(servers);
        var killed = NodeProcess.Now;
        leader.Kill();
        await cluster.Line(others, " goes on from step ", killed);
        await cluster.Line(others, "epoch ", killed);
        await cluster.Epochs(others, 1);
        cluster.AssertTheRightBits();
        cluster.AssertPlainWords();
    }
}
