using ActorTrain.CostModel;

namespace ActorTrain.Benchmarks.Scaling;

/// <summary>How a minibatch grows with the nodes.</summary>
/// <param name="Name">In words.</param>
/// <param name="File">In names of pictures.</param>
/// <param name="LeafRows">Rows of a microbatch.</param>
/// <param name="MinibatchOf">Rows of a step, by the nodes.</param>
internal sealed record Scenario(string Name, string File, int LeafRows, Func<int, int> MinibatchOf)
{
    private const int FixedMinibatch = 4096;
    private const int RowsOfNode = 64;

    /// <summary>Nodes that predictions are made for.</summary>
    public static IReadOnlyList<int> Nodes { get; } = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];

    /// <summary>The same recipe on more and more nodes: a microbatch for each of the most.</summary>
    public static Scenario Fixed { get; } = new(
        $"a minibatch of {FixedMinibatch} in {Nodes[^1]} microbatches", "fixed", FixedMinibatch / Nodes[^1],
        _ => FixedMinibatch);

    /// <summary>As much for each node as the default recipe has.</summary>
    public static Scenario Growing { get; } = new(
        $"{RowsOfNode} rows in 4 microbatches for each node", "growing", RowsOfNode / 4, nodes => RowsOfNode * nodes);

    /// <summary>What the server's transitions cost in it.</summary>
    public (CostCurve Answer, CostCurve Plan) ServerCost() =>
        ServerCosts.Of([1, 2, 4, 16, 64, 256, 1024], nodes => (MinibatchOf(nodes), MinibatchOf(nodes) / LeafRows));

    /// <summary>A run of it.</summary>
    public Workload WorkloadOf(Sequential network, int nodes) =>
        Workload.StandIn(network, MinibatchOf(nodes), MinibatchOf(nodes) / LeafRows, steps: 6);
}
