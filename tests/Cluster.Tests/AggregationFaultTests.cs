using static ActorTrain.Cluster.Tests.AggregationTests;

namespace ActorTrain.Cluster.Tests;

/// <summary>Members, aggregators and servers that are lost: the same bits, whoever it is.</summary>
public class AggregationFaultTests
{
    [Fact]
    public async Task After_kill_9_of_a_member_its_part_is_computed_by_the_others()
    {
        using var cluster = new TestCluster();
        var server = cluster.Train(workers: 1, shards: 0);
        var aggregator = cluster.Aggregator("sum", members: 2, shards: 0);
        var (victim, other) = (Member(cluster, "a"), Member(cluster, "b"));
        await cluster.Epochs([server], 3);
        var killed = NodeProcess.Now;
        victim.Kill();
        TestCluster.AssertLost("a", ".+", await cluster.Line(aggregator, "node a lost at step ", killed));
        await cluster.Epochs([server], 2);
        other.Kill();
        await cluster.Line(aggregator, "nobody of the group is left; waits for a member", killed);
        TestCluster.AssertLost("sum", "it left", await cluster.Line(server, "node sum lost at step "));
        var again = NodeProcess.Now;
        Member(cluster, "b");
        await cluster.Line(server, "node sum joined at step ", again);
        await cluster.Line(server, "epoch ", again);
        await cluster.StopWithTheRightBits(server);
    }

    [Fact]
    public async Task After_kill_9_of_the_aggregator_its_members_take_part_without_it_until_it_is_back()
    {
        using var cluster = new TestCluster();
        var server = cluster.Train(workers: 1, shards: 0);
        var aggregator = cluster.Aggregator("sum", members: 2, shards: 1);
        NodeProcess[] members = [Member(cluster, "a"), Member(cluster, "b")];
        await cluster.Epochs([server], 3);
        var killed = NodeProcess.Now;
        aggregator.Kill();
        TestCluster.AssertLost("sum", ".+", await cluster.Line(server, "node sum lost at step ", killed));
        foreach (var member in members)
        {
            await cluster.Line(member, "aggregator sum lost (", killed);
            await cluster.Line(member, "no aggregator 'sum' is in the cluster", killed);
            await cluster.Line(server, $"node {member.Name} joined at step ", killed);
        }
        await cluster.Epochs([server], 2);
        var back = NodeProcess.Now;
        cluster.Aggregator("sum", members: 2, shards: 1);
        foreach (var member in members)
        {
            var moved = await cluster.Line(member, "aggregator sum is there: goes through it from here on", back);
            TestCluster.AssertLost(
                member.Name, "it left", await cluster.Line(server, $"node {member.Name} lost at step ", back));
            await cluster.Line(member, "through sum", moved.At);
        }
        var joined = await cluster.Line(server, "node sum joined at step ", back);
        await cluster.Line(server, "epoch ", joined.At);
        await cluster.StopWithTheRightBits(server);
        Assert.DoesNotContain(
            members, m => m.Lines.Any(l => l.Text.Contains("looking for the next one", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_paused_aggregator_is_gone_round_and_comes_back_as_a_new_node()
    {
        using var cluster = new TestCluster();
        var server = cluster.Train(workers: 1, shards: 0);
        var aggregator = cluster.Aggregator("sum", members: 1, shards: 0);
        var member = Member(cluster, "a");
        await cluster.Epochs([server], 2);
        var paused = NodeProcess.Now;
        aggregator.Signal("STOP");
        await cluster.Line(member, "aggregator sum lost (it does not answer); looking for it", paused);
        TestCluster.AssertLost(
            "sum", "it does not answer", await cluster.Line(server, "node sum lost at step ", paused));
        await cluster.Line(member, "no aggregator 'sum' is in the cluster", paused);
        await cluster.Line(server, "node a joined at step ", paused);
        await cluster.Epochs([server], 2);
        var resumed = NodeProcess.Now;
        aggregator.Signal("CONT");
        await cluster.Line(member, "through sum", resumed);
        var joined = await cluster.Line(server, "node sum joined at step ", resumed);
        await cluster.Line(server, "epoch ", joined.At);
        await cluster.StopWithTheRightBits(server);
    }

    [Fact]
    public async Task After_kill_9_of_the_server_an_aggregator_and_its_members_go_on_with_the_next_one()
    {
        using var cluster = new TestCluster(servers: 3);
        NodeProcess[] servers = [.. Enumerable.Range(0, 3).Select(i => cluster.Server(i, workers: 1))];
        var aggregator = cluster.Aggregator("sum", members: 2, shards: 0);
        foreach (var name in new[] { "a", "b" }) Member(cluster, name);
        var (leader, others) = await cluster.WithStandbys(servers);
        var killed = NodeProcess.Now;
        leader.Kill();
        await cluster.Line(others, " goes on from step ", killed);
        await cluster.Line(others, "node sum joined at step ", killed);
        var joined = NodeProcess.Now;
        foreach (var name in new[] { "a", "b" }) await cluster.Line(aggregator, $"node {name} joined", killed);
        await cluster.Line(others, "epoch ", joined);
        cluster.AssertTheRightBits();
        cluster.AssertPlainWords();
    }
}
