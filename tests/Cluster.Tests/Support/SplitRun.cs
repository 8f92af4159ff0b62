namespace ActorTrain.Cluster.Tests;

/// <summary>A run whose parameters two nodes of role ps hold, p1 and p2; the worker a is a process, b is not.</summary>
internal sealed class SplitRun : IAsyncDisposable
{
    private readonly OwnNode _second;

    private SplitRun(NodeProcess server, OwnNode second) => (Server, _second) = (server, second);

    /// <summary>What makes the server split them.</summary>
    public static string[] Options { get; } = ["--parameter-servers", "2"];

    public NodeProcess Server { get; }

    /// <summary>Starts all of them, and waits for the end of an epoch.</summary>
    public static async Task<SplitRun> Begin(TestCluster cluster)
    {
        var server = cluster.Train(workers: 2, shards: 0, Options);
        foreach (var name in new[] { "p1", "p2" }) cluster.Holder(name);
        cluster.Worker("a");
        var second = await OwnNode.Start(cluster, "b");
        await cluster.Epochs([server], 2);
        return new(server, second);
    }

    public ValueTask DisposeAsync() => _second.DisposeAsync();
}
