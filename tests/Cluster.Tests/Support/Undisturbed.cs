namespace ActorTrain.Cluster.Tests;

/// <summary>Tests whose figures count run alone: the processes of two would take the cores from each other.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public static class Undisturbed
{
    public const string Name = "Undisturbed";
}
