using System.Collections.Immutable;

namespace ActorTrain.Server;

/// <summary>Which parts of an order's subtree the units of an aggregator's group are given.</summary>
internal static class GroupDivision
{
    /// <summary>
    /// Nodes that together cover every leaf below <paramref name="root"/> once, in order of their leaves, each with the
    /// index of who is to compute it; as <see cref="WorkDivision.Divide"/> divides a whole tree.
    /// </summary>
    public static ImmutableArray<(TreeNode Node, int Owner)> Divide(
        MicrobatchTree tree, TreeNode root, ReadOnlySpan<double> costs, bool includeSlow)
    {
        var leaves = tree.LeafCount(root);
        var parts = WorkDivision.Divide(new(leaves, leaves), costs, includeSlow);
        return [.. parts.Select(p => (Below(root, p.Node), p.Owner))];
    }

    // The subtree's leaves counted from 0 on are a tree of their own, whose nodes lie at the same levels.
    private static TreeNode Below(TreeNode root, TreeNode node) =>
        node with { Index = (root.Index << (root.Level - node.Level)) + node.Index };
}
