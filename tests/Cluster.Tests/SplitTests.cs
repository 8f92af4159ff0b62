namespace ActorTrain.Cluster.Tests;

/// <summary>Parameters that are split by range over nodes of role ps: the same bits.</summary>
public class SplitTests
{
    private const int Steps = 350;

    [Theory, InlineData(1, 1), InlineData(2, 2), InlineData(3, 2)]
    public async Task Any_number_of_holders_ends_with_the_weights_of_one_process(int holders, int workers)
    {
        using var cluster = new TestCluster();
        var server = cluster.Train(
            workers, shards: 0, "--parameter-servers", $"{holders}", "--max-steps", $"{Steps}");
        var nodes = Enumerable.Range(1, holders).Select(i => cluster.Holder($"p{i}"))
            .Concat(Enumerable.Range(1, workers).Select(i => cluster.Worker($"w{i}"))).ToList();
        var (exitCode, error) = await server.End();
        Assert.True(exitCode == 0, error + cluster.Log);
        var report = cluster.Report();
        Assert.Equal(Steps, report.GetProperty("steps").GetInt32());
        Assert.Equal(SmallRun.WeightsAfter(Steps), report.GetProperty("weightsSha256").GetString());
        cluster.AssertTheRightBits();
        foreach (var node in nodes)
            await cluster.Line(node, $"the run is finished: weights {SmallRun.WeightsAfter(Steps)[..12]}");
        cluster.AssertPlainWords();
    }

    [Theory, InlineData("true"), InlineData("false")]
    public async Task A_network_whose_ranges_travel_in_pieces_ends_with_the_weights_of_one_process(string isShared)
    {
        using var cluster = new TestCluster();
        string[] shared = ["--shared-memory", isShared];
        var server = cluster.Train(
            workers: 2, shards: 0, [.. SplitRun.Options, .. shared, "--hidden", "512,256", "--max-steps", "60"]);
        foreach (var name in new[] { "p1", "p2" }) cluster.Holder(name, shared);
        foreach (var name in new[] { "a", "b" }) cluster.Worker(name, shared);
        var (exitCode, error) = await server.End();
        Assert.True(exitCode == 0, error + cluster.Log);
        Assert.Equal(
            SmallRun.WeightsOfNetworkAfter(60, 512, 256), cluster.Report().GetProperty("weightsSha256").GetString());
    }

    [Fact]
    public async Task With_certificates_the_ranges_travel_encrypted_and_the_weights_are_the_same()
    {
        using var cluster = new TestCluster();
        var certs = cluster.Start("certs", "", "certs", "--out", "certs", "--host", "127.0.0.1");
        Assert.Equal(0, (await certs.End()).ExitCode);
        string[] tls =
        [
            "--tls-authority", "certs/ca.pem", "--tls-certificate", "certs/127.0.0.1.pem",
            "--tls-key", "certs/127.0.0.1-key.pem",
        ];
        var server = cluster.Train(workers: 1, shards: 0, [.. SplitRun.Options, .. tls, "--epochs", "2"]);
        foreach (var name in new[] { "p1", "p2" }) cluster.Holder(name, tls);
        cluster.Worker("a", tls);
        var (exitCode, error) = await server.End();
        Assert.True(exitCode == 0, error + cluster.Log);
        Assert.Equal([1, 2], cluster.EpochsDone());
        cluster.AssertTheRightBits();
        cluster.AssertPlainWords();
    }

    [Fact]
    public async Task A_split_run_resumes_from_its_checkpoint_in_one_process_and_the_other_way_round()
    {
        using var cluster = new TestCluster();
        await using var run = await SplitRun.Begin(cluster);
        var server = run.Server;
        await cluster.StopWithTheRightBits(server);
        var steps = cluster.Report().GetProperty("steps").GetInt64();
        string[] resume = ["train", "--resume", "run", "--data", SmallRun.Folder];
        var alone = cluster.Start("alone", "", [.. resume, "--shards", "2", "--max-steps", $"{steps + 500}"]);
        Assert.Equal(0, (await alone.End()).ExitCode);
        Assert.Equal(SmallRun.WeightsAfter(steps + 500), cluster.Report().GetProperty("weightsSha256").GetString());
        // The worker of this process has ended with its run.
        cluster.Worker("c");
        var split = cluster.Start(
            "server", "",
            [
                .. resume, .. SplitRun.Options, "--nodes", "2", "--port", cluster.Seeds.Split(':')[1],
                "--max-steps", $"{steps + 1000}",
            ]);
        var (exitCode, error) = await split.End();
        Assert.True(exitCode == 0, error + cluster.Log);
        Assert.Equal(SmallRun.WeightsAfter(steps + 1000), cluster.Report().GetProperty("weightsSha256").GetString());
    }

    [Fact]
    public async Task A_holder_of_a_run_that_is_not_split_is_refused()
    {
        using var cluster = new TestCluster();
        var server = cluster.Train(workers: 1, shards: 0);
        var holder = cluster.Holder("p1");
        var (exitCode, _) = await holder.End();
        Assert.Equal(1, exitCode);
        const string reason = "the server holds all parameters itself; give it --parameter-servers N to split them "
            + "over N nodes of role ps.";
        await cluster.Line(server, $"node p1 refused: {reason}");
        await cluster.Line(holder, $"node p1 is refused: {reason}");
    }

    [Fact]
    public async Task An_aggregator_is_refused_by_a_run_that_is_split()
    {
        using var cluster = new TestCluster();
        await using var run = await SplitRun.Begin(cluster);
        var server = run.Server;
        var aggregator = cluster.Aggregator("sums", members: 0, shards: 1);
        var (exitCode, _) = await aggregator.End();
        Assert.Equal(1, exitCode);
        const string reason = "it is an aggregator, and the parameters of this run are split over several nodes; start "
            + "it as a worker, or the server without --parameter-servers.";
        await cluster.Line(server, $"node sums refused: {reason}");
        await cluster.Line(aggregator, $"node sums is refused: {reason}");
        await cluster.StopWithTheRightBits(server);
    }
}
