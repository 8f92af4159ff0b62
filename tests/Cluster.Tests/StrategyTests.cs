namespace ActorTrain.Cluster.Tests;

/// <summary>Runs whose bits depend on who was faster: their schedule gives them again.</summary>
public class StrategyTests
{
    [Theory]
    [InlineData("--strategy", "async")]
    [InlineData("--strategy", "ssp:2")]
    [InlineData("--strategy", "local:8")]
    [InlineData("--compression", "bf16")]
    [InlineData("--compression", "topk:0.05")]
    public async Task A_schedule_of_several_processes_replays_to_the_same_bits(string option, string value)
    {
        using var cluster = new TestCluster();
        var server = cluster.Train(2, 1, "--max-steps", "400", option, value);
        cluster.Worker("w1");
        await using var second = await OwnNode.Start(cluster, "w2");
        var (exitCode, error) = await server.End();
        Assert.True(exitCode == 0, error + cluster.Log);
        Assert.Equal(400, cluster.Report().GetProperty("steps").GetInt32());
        cluster.AssertReplaysToTheSameBits();
    }

    // Akka.Remote carries the frames: slower, and the reference for the connection of their own.
    [Fact]
    public async Task Both_transports_end_with_the_same_weights()
    {
        using var cluster = new TestCluster();
        var server = cluster.Train(2, 1, "--max-steps", "400", "--transport", "akka");
        cluster.Worker("w1", "--transport", "akka");
        cluster.Worker("w2", "--transport", "akka");
        var (exitCode, error) = await server.End();
        Assert.True(exitCode == 0, error + cluster.Log);
        Assert.Equal(SmallRun.WeightsAfter(400), cluster.Report().GetProperty("weightsSha256").GetString());
    }
}
