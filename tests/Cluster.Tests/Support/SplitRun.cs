namespace ActorTrain.Cluster.Tests;

/// <summary>A run whose parameters two nodes of role ps hold.</summary>
internal static class SplitRun
{
    /// <summary>What makes the server split them.</summary>
    public static string[] Options { get; } = ["--parameter-servers", "2"];

    /// <summary>Its server, with two holders and two workers, at the end of an epoch.</summary>
    public static async Task<NodeProcess> Begin(TestCluster cluster)
    {
        var server = cluster.Train(workers: 2, shards: 0, Options);
        foreach (var name in new[] { "p1", "p2" }) cluster.Holder(name);
        foreach (var name in new[] { "a", "b" }) cluster.Worker(name);
        await cluster.Epochs([server], 2);
        return server;
    }
}
