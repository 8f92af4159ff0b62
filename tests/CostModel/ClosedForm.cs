namespace ActorTrain.CostModel;

/// <summary>
/// A step as a sum of terms: what the simulator adds up event by event, without what overlaps. It says what would
/// change where there are no rules to run yet: nodes between the server and the workers that sum subtrees of others,
/// and parameters that are divided among several servers.
/// </summary>
/// <param name="Workload">What is trained.</param>
/// <param name="Costs">What it costs.</param>
/// <param name="Workers">Worker nodes, each a machine of its own.</param>
/// <param name="ShardsOfWorker">Shards of each.</param>
internal sealed record ClosedForm(Workload Workload, Costs Costs, int Workers, int ShardsOfWorker)
{
    private int Minibatch => Workload.Plan.Recipe.BatchSize;

    /// <summary>One process on one machine, a shard for each core, no messages but between actors.</summary>
    public static double OneProcess(Workload workload, Costs costs)
    {
        var rows = workload.Plan.Recipe.BatchSize / (double)costs.Cores;
        var gradient = costs.Gradient.At(rows) / costs.SpeedOfEach(costs.Cores);
        return gradient + (costs.Update.At(costs.Cores) / costs.CoresTogether) + (4 * costs.Hop);
    }

    /// <summary>One server, all workers its own.</summary>
    public double Star() => Tree(fanOut: Workers, servers: 1);

    /// <summary>
    /// Each machine gives parameters to at most so many others, waits for their gradients and passes the sum on; each
    /// of some servers has as large a part of the parameters.
    /// </summary>
    /// <param name="fanOut">At least 2, or all workers.</param>
    /// <param name="servers">1: nothing is divided.</param>
    public double Tree(int fanOut, int servers)
    {
        var levels = 1;
        while (Math.Pow(fanOut, levels) < Workers) levels++;
        var children = (int)Math.Ceiling(Math.Pow(Workers, 1.0 / levels) - 1e-9);
        var bytes = (double)Workload.Bytes;
        var threads = Workload.Pieces().Length > 1 ? Costs.CoresTogether : 1;
        var joins = Costs.Update.At(children) - Costs.Update.At(1);
        return Costs.Plan.At(children)
            + (Costs.Update.At(children) / servers / threads)
            + (levels * (Level(children, bytes / servers, Costs.Send, Costs.Receive, servers)
                + Level(children, bytes / servers, Costs.Receive, Costs.Send, servers)))
            + ((levels - 1) * joins / servers)
            + Computing();
    }

    private double Computing()
    {
        var rows = Math.Max(Minibatch / (double)Workers / ShardsOfWorker, Workload.Plan.TreeOf(0).LeafRows[0]);
        var shards = (int)Math.Min(ShardsOfWorker, Math.Max(1, Minibatch / Workers / rows));
        return (Costs.Gradient.At(rows) / Costs.SpeedOfEach(shards)) + Costs.Update.At(shards) - Costs.Update.At(1)
            + (4 * Costs.Hop);
    }

    // The machine in the middle handles the frames of all its children, each child one frame of every server.
    private double Level(int children, double bytes, FrameCost middle, FrameCost child, int servers)
    {
        var network = Math.Max(children, servers) * bytes / Costs.Bandwidth;
        var work = children * middle.Of((long)bytes) / Costs.CoresTogether;
        var workOfChild = servers * child.Of((long)bytes) / Math.Min(servers, Costs.CoresTogether);
        return Math.Max(network, Math.Max(work, workOfChild)) + Costs.Latency;
    }
}
