namespace ActorTrain.Cluster.Tests;

/// <summary>Workers whose gradients are summed on the way to the server: the same bits.</summary>
public class AggregationTests
{
    [Theory, InlineData(0, 0), InlineData(1, 1)]
    public async Task A_server_an_aggregator_and_two_members_end_with_the_weights_of_one_process(
        int shards, int shardsOfServer)
    {
        using var cluster = new TestCluster();
        var server = cluster.Train(workers: 1, shardsOfServer, "--max-steps", "1050");
        var aggregator = cluster.Aggregator("sum", members: 2, shards);
        NodeProcess[] members = [Member(cluster, "a"), Member(cluster, "b")];
        var (exitCode, error) = await server.End();
        Assert.True(exitCode == 0, error + cluster.Log);
        Assert.Equal(SmallRun.WeightsAfter(1050), cluster.Report().GetProperty("weightsSha256").GetString());
        Assert.Equal(1, cluster.Report().GetProperty("nodes").GetInt32());
        foreach (var member in members)
        {
            await cluster.Line(aggregator, $"node {member.Name} joined at step 0 with 1 shard");
            TestCluster.AssertMatches(
                "^takes part in the run of server [0-9]+ through sum$", await cluster.Line(member, "takes part in"));
            await cluster.Line(member, $"the run is finished: weights {SmallRun.WeightsAfter(1050)[..12]}");
        }
        await cluster.Line(server, $"node sum joined at step 0 with {2 + shards} shards");
        Assert.DoesNotContain(server.Lines, l => l.Text.StartsWith("node a ", StringComparison.Ordinal));
        cluster.AssertTheRightBits();
        cluster.AssertPlainWords();
    }

    [Theory, InlineData("tcp"), InlineData("akka")]
    public async Task Parameters_that_travel_in_pieces_go_on_to_the_members(string transport)
    {
        using var cluster = new TestCluster();
        var server = cluster.Train(
            workers: 2, shards: 0, "--hidden", "512,256", "--max-steps", "60", "--transport", transport);
        foreach (var name in new[] { "left", "right" })
        {
            cluster.Aggregator(name, members: 1, shards: 1, "--transport", transport);
            Member(cluster, $"of-{name}", name, "--transport", transport);
        }
        var (exitCode, error) = await server.End();
        Assert.True(exitCode == 0, error + cluster.Log);
        Assert.Equal(
            SmallRun.WeightsOfNetworkAfter(60, 512, 256), cluster.Report().GetProperty("weightsSha256").GetString());
        cluster.AssertPlainWords();
    }

    [Fact]
    public async Task One_command_starts_workers_and_their_aggregators()
    {
        using var cluster = new TestCluster();
        var up = cluster.Start(
            "up", "", ["up", .. SmallRun.Options(
                ["--workers", "3", "--aggregators", "2", "--shards", "0", "--out", "run"], ["--max-steps", "300"])]);
        var (exitCode, error) = await up.End();
        Assert.True(exitCode == 0, error + cluster.Log);
        await cluster.Line(up, "node aggregator-1 joined at step 0 with 2 shards");
        await cluster.Line(up, "node aggregator-2 joined at step 0 with 1 shard");
        Assert.Equal(SmallRun.WeightsAfter(300), cluster.Report().GetProperty("weightsSha256").GetString());
    }

    [Theory]
    [InlineData("--compression", "bf16")]
    [InlineData("--compression", "topk:0.05")]
    [InlineData("--strategy", "local:8")]
    [InlineData("--strategy", "ssp:2")]
    public async Task A_schedule_with_an_aggregator_replays_to_the_same_bits(string option, string value)
    {
        using var cluster = new TestCluster();
        var server = cluster.Train(workers: 2, shards: 0, "--max-steps", "400", option, value);
        cluster.Aggregator("sum", members: 2, shards: 0);
        Member(cluster, "a");
        await using var member = await OwnNode.Start(cluster, "b", through: "sum");
        await using var worker = await OwnNode.Start(cluster, "c");
        var (exitCode, error) = await server.End();
        Assert.True(exitCode == 0, error + cluster.Log);
        cluster.AssertReplaysToTheSameBits();
    }

    [Theory]
    [InlineData(
        "through is 'a', this node's own name; give that of an aggregator, or leave it out.",
        "--role", "worker", "--name", "a", "--through", "a")]
    [InlineData(
        "through is 'b' and role is aggregator; only a worker takes part through an aggregator.",
        "--role", "aggregator", "--name", "a", "--through", "b")]
    public async Task A_way_that_can_not_be_is_one_line(string line, params string[] options)
    {
        using var cluster = new TestCluster();
        var node = cluster.Start("a", "", ["node", "--seed-node", cluster.Seeds, .. options]);
        var (exitCode, error) = await node.End();
        Assert.Equal((2, line), (exitCode, error.Trim()));
    }

    [Fact]
    public async Task A_member_of_an_aggregator_that_nobody_started_says_so_and_takes_part_by_itself()
    {
        using var cluster = new TestCluster();
        var server = cluster.Train(workers: 1, shards: 0);
        cluster.Aggregator("sum", members: 5, shards: 0);
        var lost = Member(cluster, "a", "som");
        Assert.Equal(
            "no aggregator 'som' is in the cluster (there are sum): takes part without one until it comes; start it "
            + "with --role aggregator --name som, or give another --through.",
            (await cluster.Line(lost, "no aggregator")).Text);
        await cluster.Line(server, "node a joined at step 0 with 1 shard");
        await cluster.Epochs([server], 1);
        await cluster.StopWithTheRightBits(server);
    }

    internal static NodeProcess Member(
        TestCluster cluster, string name, string aggregator = "sum", params string[] options) =>
        cluster.Worker(name, ["--through", aggregator, .. options]);
}
