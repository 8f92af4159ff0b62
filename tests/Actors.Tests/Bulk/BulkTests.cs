namespace ActorTrain.Actors.Tests.Bulk;

/// <summary>Tests that count threads and allocated bytes of the process, so nothing else runs meanwhile.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class BulkTests
{
    public const string Name = "bulk";
}
