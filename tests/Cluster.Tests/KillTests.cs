namespace ActorTrain.Cluster.Tests;

/// <summary>
/// SIGKILL for whoever you like: the run goes on, with the same bits. What is told of how long it took holds where
/// nothing else runs.
/// </summary>
public class KillTests
{
    [Fact]
    public async Task After_kill_9_of_one_of_two_workers_the_run_goes_on_at_once()
    {
        using var cluster = new TestCluster();
        var server = cluster.Train(workers: 2, shards: 0);
        var (victim, other) = (cluster.Worker("a"), cluster.Worker("b"));
        await cluster.Epochs([server], 3);
        var killed = NodeProcess.Now;
        victim.Kill();
        var lost = await cluster.Line(server, "node a lost at step ", killed);
        var next = await cluster.Line(server, "epoch ", lost.At);
        Measured.Tell("a worker was killed", ("noticed", lost.At - killed), ("the next epoch", next.At - killed));
        TestCluster.AssertLost("a", ".+", lost);
        await cluster.StopWithTheRightBits(server);
        await cluster.Line(other, "the run was stopped: weights ");
    }

    [Fact]
    public async Task After_kill_9_of_the_server_a_stand_by_goes_on()
    {
        using var cluster = new TestCluster(servers: 3);
        var (leader, others) = await Begin(cluster);
        var killed = NodeProcess.Now;
        leader.Kill();
        await GoesOn(cluster, others, killed, "the server");
        cluster.AssertTheRightBits();
        cluster.AssertPlainWords();
    }

    [Fact]
    public async Task A_stand_by_goes_on_with_its_run_to_its_end_whatever_another_one_left_and_its_options_say()
    {
        using var cluster = new TestCluster(servers: 3);
        for (var i = 2; i <= 3; i++) SmallRun.Leave(cluster.In($"s{i}", "checkpoints"), step: 90_000);
        var leader = cluster.Server(0, workers: 1);
        cluster.Worker("a");
        await cluster.Epochs([leader], 1);
        NodeProcess[] servers =
            [leader, .. new[] { 1, 2 }.Select(i => cluster.Server(i, workers: 1, ["--epochs", "1"]))];
        var (_, others) = await cluster.WithStandbys(servers);
        foreach (var other in others)
            await cluster.Line(
                other, $"moved checkpoints of another run from {other.Name}/checkpoints to "
                    + $"{other.Name}/checkpoints/set-aside-1");
        var killed = NodeProcess.Now;
        leader.Kill();
        await GoesOn(cluster, others, killed, "the server of stand-bys with another run's checkpoints");
        Assert.InRange(cluster.EpochsDone().Max(), 1, 10_000);
        cluster.AssertTheRightBits();
        cluster.AssertPlainWords();
    }

    [Fact]
    public async Task After_kill_9_of_a_stand_by_the_run_goes_on_without_waiting_for_its_acknowledgements()
    {
        using var cluster = new TestCluster(servers: 3);
        var (leader, others) = await Begin(cluster);
        var killed = NodeProcess.Now;
        others[0].Kill();
        await cluster.Line(leader, $"stand-by {others[0].Name} lost (", killed);
        var next = await cluster.Line(leader, "epoch ", killed);
        Measured.Tell("a stand-by was killed", ("the next epoch", next.At - killed));
        // Two of them have more steps than a run may be ahead of its stand-bys.
        await cluster.Epochs([leader], 3);
        cluster.AssertTheRightBits();
        cluster.AssertPlainWords();
    }

    [Fact]
    public async Task After_kill_9_of_the_server_and_a_worker_at_once_the_others_go_on()
    {
        using var cluster = new TestCluster(servers: 3);
        var (leader, others) = await Begin(cluster, cluster.Worker("b"));
        var killed = NodeProcess.Now;
        leader.Kill();
        cluster["b"].Kill();
        await GoesOn(cluster, others, killed, "the server and a worker");
        cluster.AssertTheRightBits();
        cluster.AssertPlainWords();
    }

    [Fact]
    public async Task After_kill_9_of_all_at_once_the_same_commands_go_on_with_the_run()
    {
        using var cluster = new TestCluster(servers: 3);
        var (_, others) = await Begin(cluster);
        var killed = NodeProcess.Now;
        await cluster.KillAll();
        var reached = cluster.EpochsDone().Max();
        NodeProcess[] servers = [.. Enumerable.Range(0, others.Length + 1).Select(i => cluster.Server(i, workers: 1))];
        cluster.Worker("a");
        await cluster.Line(servers, " goes on from step ", killed);
        var next = await cluster.Line(servers, "epoch ", killed);
        // An epoch whose line was not written yet may have been done and kept.
        Assert.InRange(TestCluster.EpochOf(next), reached, int.MaxValue);
        await cluster.Epochs(servers, 2);
        cluster.AssertTheRightBits();
        cluster.AssertPlainWords();
    }

    [Fact]
    public async Task A_training_run_whose_server_and_workers_are_killed_resumes_to_the_same_bits()
    {
        using var cluster = new TestCluster();
        var server = cluster.Train(workers: 1, shards: 1);
        cluster.Worker("a");
        await cluster.Epochs([server], 3);
        await cluster.KillAll();
        var killed = NodeProcess.Now;
        server = cluster.Start(
            "server", "", "train", "--resume", "run", "--data", SmallRun.Folder, "--epochs", "100000",
            "--nodes", "1", "--port", cluster.Seeds.Split(':')[1]);
        cluster.Worker("a");
        await cluster.Line(server, "resumed from ", killed);
        await cluster.Line(server, "epoch ", killed);
        await cluster.Epochs([server], 1);
        await cluster.StopWithTheRightBits(server);
    }

    private static async Task<(NodeProcess Leader, NodeProcess[] Others)> Begin(
        TestCluster cluster, params NodeProcess[] workers)
    {
        NodeProcess[] servers = [.. Enumerable.Range(0, 3).Select(i => cluster.Server(i, workers: workers.Length + 1))];
        cluster.Worker("a");
        return await cluster.WithStandbys(servers);
    }

    private static async Task GoesOn(TestCluster cluster, NodeProcess[] others, TimeSpan killed, string who)
    {
        var begun = await cluster.Line(others, " goes on from step ", killed);
        var next = await cluster.Line(others, "epoch ", killed);
        Measured.Tell(
            $"{who} was killed", ("the next server", begun.At - killed), ("the next epoch", next.At - killed));
        await cluster.Epochs(others, 2);
        Assert.DoesNotContain(others, o => o.Lines.Any(l => l.Text.Contains("cut off", StringComparison.Ordinal)));
    }

}
