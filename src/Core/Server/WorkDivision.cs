using System.Collections.Immutable;

namespace ActorTrain.Server;

/// <summary>Which nodes of a tree whom is given: as much to each as it is fast, in aligned subtrees.</summary>
public static class WorkDivision
{
    /// <summary>
    /// Nodes that together cover every leaf once, in order of their leaves, each with the index of who gets it.
    /// </summary>
    /// <param name="tree">The tree.</param>
    /// <param name="costs">
    /// What a leaf costs each of them, in any unit, above 0. Leaf after leaf goes to whoever would be done with it
    /// first; the earlier one among equals.
    /// </param>
    /// <param name="includeSlow">
    /// False: who would need twice as long for one leaf as the others for all of them gets none. True: everybody gets a
    /// leaf, as far as they reach, so that its cost can be measured again.
    /// </param>
    public static ImmutableArray<(TreeNode Node, int Owner)> Divide(
        MicrobatchTree tree, ReadOnlySpan<double> costs, bool includeSlow = true)
    {
        var counts = Count(tree.Leaves, costs);
        if (costs.Length > 1)
            for (var i = 0; i < costs.Length; i++)
                if (counts[i] == 0 && (includeSlow || !IsTooSlow(tree.Leaves, costs, i))) TakeOne(counts, i);
        // The largest shares first: they are the ones that alignment divides worst.
        var owners = Enumerable.Range(0, costs.Length).OrderByDescending(i => counts[i]).ToArray();
        var parts = ImmutableArray.CreateBuilder<(TreeNode, int)>(costs.Length);
        var leaf = 0;
        foreach (var owner in owners)
        {
            foreach (var node in tree.Cover(leaf, counts[owner])) parts.Add((node, owner));
            leaf += counts[owner];
        }
        return parts.ToImmutable();
    }

    /// <summary>Each leaf by itself, to one after another.</summary>
    internal static ImmutableArray<(TreeNode Node, int Owner)> LeafEach(MicrobatchTree tree) =>
        [.. Enumerable.Range(0, tree.Leaves).Select(leaf => (new TreeNode(0, leaf), leaf))];

    private static int[] Count(int leaves, ReadOnlySpan<double> costs)
    {
        var counts = new int[costs.Length];
        for (var leaf = 0; leaf < leaves; leaf++)
        {
            var first = 0;
            for (var i = 1; i < costs.Length; i++)
                if ((counts[i] + 1) * costs[i] < (counts[first] + 1) * costs[first]) first = i;
            counts[first]++;
        }
        return counts;
    }

    /// <summary>True for who would need twice as long for one leaf as the others for all of them.</summary>
    internal static bool IsTooSlow(int leaves, ReadOnlySpan<double> costs, int index)
    {
        if (costs.Length == 1) return false;
        var (rate, least) = (0.0, double.MaxValue);
        for (var i = 0; i < costs.Length; i++)
        {
            if (i == index) continue;
            rate += 1 / costs[i];
            least = Math.Min(least, costs[i]);
        }
        return costs[index] > 2 * Math.Max(least, leaves / rate);
    }

    private static void TakeOne(int[] counts, int index)
    {
        var largest = Array.IndexOf(counts, counts.Max());
        if (counts[largest] < 2) return;
        counts[largest]--;
        counts[index]++;
    }
}
