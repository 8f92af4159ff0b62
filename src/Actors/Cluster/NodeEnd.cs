namespace ActorTrain.Actors;

/// <summary>Why a node of a cluster is done.</summary>
public abstract record NodeEnd
{
    private NodeEnd()
    {
    }

    /// <summary>The run that this node served is over.</summary>
    public sealed record RunEnded(TrainingOutcome Outcome) : NodeEnd;

    /// <summary>Another node has said that the run is over.</summary>
    public sealed record RunOver(RunOverHeard Heard) : NodeEnd;

    /// <summary>The server does not take this node.</summary>
    public sealed record Refused(string Reason) : NodeEnd;

    /// <summary>Something on this node went wrong.</summary>
    public sealed record Failed(Exception Reason) : NodeEnd;

    /// <summary>
    /// All servers have left. A worker may come back as a new node, and so finds the server of another cluster.
    /// </summary>
    public sealed record ServersGone : NodeEnd
    {
        /// <summary>The only one needed.</summary>
        public static ServersGone Instance { get; } = new();
    }

    /// <summary>The node is out of the cluster.</summary>
    public sealed record OutOfCluster(ClusterEndReason Reason) : NodeEnd;
}
