namespace ActorTrain.Cluster.Tests;

/// <summary>The promise: one recipe, one set of weights, however many processes compute it.</summary>
public class SameBitsTests
{
    [Theory, InlineData(2, 0), InlineData(3, 1), InlineData(4, 2)]
    public async Task Any_number_of_worker_processes_ends_with_the_weights_of_one(int workers, int shards)
    {
        using var cluster = new TestCluster();
        var server = cluster.Train(workers, shards, "--max-steps", "1050");
        var nodes = Enumerable.Range(1, workers).Select(i => cluster.Worker($"w{i}")).ToList();
        var (exitCode, error) = await server.End();
        Assert.True(exitCode == 0, error + cluster.Log);
        var report = cluster.Report();
        Assert.Equal((1050, workers), (report.GetProperty("steps").GetInt32(), report.GetProperty("nodes").GetInt32()));
        Assert.Equal(SmallRun.WeightsAfter(1050), report.GetProperty("weightsSha256").GetString());
        cluster.AssertTheRightBits();
        foreach (var node in nodes)
            await cluster.Line(node, $"the run is finished: weights {SmallRun.WeightsAfter(1050)[..12]}");
        cluster.AssertPlainWords();
    }

    [Theory, InlineData("tcp"), InlineData("akka")]
    public async Task A_network_that_travels_in_pieces_ends_with_the_weights_of_one_process(string transport)
    {
        using var cluster = new TestCluster();
        var server = cluster.Train(
            workers: 2, shards: 1, "--hidden", "512,256", "--max-steps", "60", "--transport", transport);
        foreach (var name in new[] { "a", "b" }) cluster.Worker(name, "--transport", transport);
        var (exitCode, error) = await server.End();
        Assert.True(exitCode == 0, error + cluster.Log);
        Assert.Equal(
            SmallRun.WeightsOfNetworkAfter(60, 512, 256), cluster.Report().GetProperty("weightsSha256").GetString());
    }
}
