namespace ActorTrain.Actors.Tests.Cluster;

/// <summary>
/// Tests with several actor systems run one after another: heartbeats of one would wait for the cores of another.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public static class ClusterCollection
{
    public const string Name = "Cluster";
}
