using ActorTrain.Actors.Security;
using ActorTrain.Server;

namespace ActorTrain.Actors;

/// <summary>What a node of a training cluster is to do.</summary>
public sealed record NodeJob
{
    /// <summary>How it takes part.</summary>
    public ClusterSettings Cluster { get; init; } = new();

    /// <summary>
    /// Its data and shards; and, for a node of role server, the run that it begins when it is the first server, and the
    /// folder that it keeps checkpoints in. A server may have no shards: it only serves; so may an aggregator.
    /// </summary>
    public TrainingJob Training { get; init; } = new();

    /// <summary>
    /// How many worker nodes a run waits for before its first step; an aggregator: how many members before it takes
    /// part. Default 0.
    /// </summary>
    public int WorkersToBegin { get; init; }

    /// <summary>The node's identity for TLS; given exactly when <see cref="ClusterSettings.Tls"/> is.</summary>
    public ClusterIdentity? Identity { get; init; }

    /// <summary>Empty when valid; else one sentence for each mistake.</summary>
    public IEnumerable<string> Errors()
    {
        foreach (var error in Cluster.Errors()) yield return error;
        foreach (var error in Training.Recipe.Errors()) yield return error;
        var least = Cluster.Roles.Contains(ClusterSettings.WorkerRole)
            && !Cluster.Roles.Contains(ClusterSettings.ServerRole)
            ? 1
            : 0;
        if (Training.Shards < least || Training.Shards > 1024)
            yield return $"shards is {Training.Shards}; give {least} to 1024.";
        if (Cluster.Roles.Contains(ClusterSettings.ServerRole)
            && SplitParameters.Refusal(Training.Recipe, Cluster.ParameterServers, Training.Shards) is { } refusal)
            yield return refusal;
        if (WorkersToBegin is < 0 or > 1024) yield return $"nodes is {WorkersToBegin}; give 0 to 1024.";
    }
}
