using System.Globalization;
using ActorTrain.Actors;
using ActorTrain.Server;

namespace ActorTrain.Host.Terminal;

/// <summary>What happens on a node, in plain words: pure functions of what happened.</summary>
internal static class NodeText
{
    /// <summary>The line of an event; none for what is shown in other ways, or not at all.</summary>
    /// <param name="event">What happened.</param>
    public static string? Event(TrainingEvent @event) => @event switch
    {
        EpochDone e => ProgressText.Epoch(e.Summary, e.Epochs, e.Pace),
        LossNotFinite e => string.Create(CultureInfo.InvariantCulture,
            $"the loss is {e.Loss} as of step {e.Step} "
            + $"(epoch {e.Epoch}): training diverges; a smaller learning rate (--lr) may help"),
        WorkReassigned e => $"{e.Shard}: {e.Key} is handed out again: {e.Reason}",
        NodeLost e => string.Create(CultureInfo.InvariantCulture,
            $"node {e.Node} lost at step {e.Step} after {e.Silence.TotalSeconds:F1} s: "
            + $"{Count(e.Microbatches, "microbatch", "microbatches")} handed out again, 0 samples lost ({e.Reason})"),
        NodeJoined e => $"node {e.Node} joined at step {e.Step} with {Count(e.Shards, "shard", "shards")}",
        CheckpointNotSaved e => $"no checkpoint: {e.Reason}",
        NodeWelcomed { Aggregator: { } name } e => $"takes part in the run of server {e.Incarnation} through {name}",
        NodeWelcomed e => $"takes part in the run of server {e.Incarnation}",
        ServerLinkLost { Aggregator: { } name } e => $"aggregator {name} lost ({e.Reason}); looking for it",
        ServerLinkLost e => $"server {e.Incarnation} lost ({e.Reason}); looking for the next one",
        NodeRefused e => $"node {e.Node} refused: {e.Reason}",
        ServerStarted e => e.Step == 0
            ? $"server {e.Incarnation} begins the run"
            : $"server {e.Incarnation} goes on from step {e.Step}",
        StandbyAttached e => $"stand-by {e.Node} keeps checkpoints",
        StandbyLost e => $"stand-by {e.Node} lost ({e.Reason}); the run does not wait for it",
        RangeAssigned e => $"ps {e.Node} holds parameters {e.Range}",
        RangeUnassigned e => $"ps {e.Node} lost ({e.Reason}), and parameters {e.Range} with it",
        WentBack e => $"the run goes back from step {e.From} to {e.To}; {e.Reason}",
        RangeTaken e => $"holds parameters {e.Range} for server {e.Incarnation}",
        RunOverHeard e => RunOver(e),
        Notice e => e.Text,
        _ => null,
    };

    /// <summary>That a node has nothing to do yet.</summary>
    public static string Waiting(ClusterSettings cluster)
    {
        var other = cluster switch
        {
            { Through: { } name } => $"aggregator {name}",
            { IsAggregator: true } => "its members and a server",
            _ => "a server",
        };
        return $"not in a run yet; waiting for {other} (seed nodes: {string.Join(", ", cluster.SeedNodes)})";
    }

    /// <summary>Why a node is done.</summary>
    public static string End(NodeEnd end) => end switch
    {
        NodeEnd.Refused e => e.Reason,
        NodeEnd.Failed e => e.Reason.Message,
        NodeEnd.RunOver e => RunOver(e.Heard),
        NodeEnd.RunEnded e => RunOver(new(e.Outcome.Phase, e.Outcome.State.Parameters.Sha256(), e.Outcome.Reason)),
        NodeEnd.OutOfCluster { Reason: ClusterEndReason.Downed or ClusterEndReason.Quarantined } =>
            "this node was cut off from the majority of the servers and has stopped; they go on without it",
        NodeEnd.ServersGone => "all servers have left the cluster",
        NodeEnd.OutOfCluster { Reason: ClusterEndReason.JoinFailed } =>
            "no seed node let this node join in time; is it running, at that address?",
        _ => "this node has left the cluster",
    };

    private static string RunOver(RunOverHeard e) => e.Phase switch
    {
        RunPhase.Finished => $"the run is finished: weights {ProgressText.Fingerprint(e.WeightsSha256)}",
        RunPhase.Stopped => $"the run was stopped: weights {ProgressText.Fingerprint(e.WeightsSha256)}",
        _ => $"the run failed: {e.Reason}",
    };

    private static string Count(int count, string one, string many) => $"{count} {(count == 1 ? one : many)}";
}
