using System.Collections.Immutable;
using System.Numerics;

namespace ActorTrain;

/// <summary>
/// One node of a microbatch tree: the 2^<paramref name="Level"/> leaves from
/// <paramref name="Index"/>·2^<paramref name="Level"/> on, as far as they exist.
/// </summary>
/// <param name="Level">0 for a leaf.</param>
/// <param name="Index">Its place among the nodes of its level.</param>
public readonly record struct TreeNode(int Level, int Index)
{
    /// <summary>The node over the first half of its leaves.</summary>
    public TreeNode Left => new(Level - 1, 2 * Index);

    /// <summary>The node over the second half of its leaves.</summary>
    public TreeNode Right => new(Level - 1, (2 * Index) + 1);

    /// <summary>The first leaf it covers.</summary>
    public int FirstLeaf => Index << Level;

    /// <summary>For logs: <c>2:0</c>.</summary>
    public override string ToString() => $"{Level}:{Index}";
}

/// <summary>
/// How the rows of one minibatch divide into microbatches, and the one binary tree in which their gradients are summed.
/// A function of (rows, microbatches) alone, so it is the same wherever the minibatch is computed.
/// </summary>
public sealed class MicrobatchTree
{
    /// <summary>The tree of a minibatch; fewer leaves than asked for when there are fewer rows.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No rows or no microbatches.</exception>
    public MicrobatchTree(int rows, int microbatches)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(microbatches, 1);
        Rows = rows;
        Leaves = Math.Min(rows, microbatches);
        LeafRows = [.. Enumerable.Range(0, Leaves).Select(i => FirstRow(i + 1) - FirstRow(i))];
        Root = new(BitOperations.Log2(BitOperations.RoundUpToPowerOf2((uint)Leaves)), 0);
    }

    /// <summary>Rows of the minibatch.</summary>
    public int Rows { get; }

    /// <summary>How many microbatches.</summary>
    public int Leaves { get; }

    /// <summary>Rows of each microbatch, in order; they differ by at most one.</summary>
    public ImmutableArray<int> LeafRows { get; }

    /// <summary>The node over all leaves.</summary>
    public TreeNode Root { get; }

    /// <summary>True for a node of this tree: there are at most so many, whoever names them.</summary>
    public bool Contains(TreeNode node) => node.Level >= 0 && node.Level <= Root.Level && node.Index >= 0
        && (long)node.Index << node.Level < Leaves;

    /// <summary>How many leaves a node covers; 0 for a node beyond the last leaf.</summary>
    public int LeafCount(TreeNode node) => Math.Clamp(Leaves - node.FirstLeaf, 0, 1 << node.Level);

    /// <summary>The leaves that a node covers, as a range of <see cref="LeafRows"/>.</summary>
    public ReadOnlyMemory<int> LeafRowsOf(TreeNode node) => LeafRows.AsMemory().Slice(node.FirstLeaf, LeafCount(node));

    /// <summary>The minibatch's rows that a node covers.</summary>
    public (int Start, int Count) RowsOf(TreeNode node)
    {
        var start = FirstRow(node.FirstLeaf);
        return (start, FirstRow(node.FirstLeaf + LeafCount(node)) - start);
    }

    /// <summary>
    /// At most <paramref name="parts"/> nodes that together cover every leaf of <paramref name="node"/> once, in order
    /// of their leaves: the node, its largest part divided again and again. Each is an aligned subtree, so who computes
    /// it sends one gradient.
    /// </summary>
    public ImmutableArray<TreeNode> Divide(TreeNode node, int parts)
    {
        var nodes = new List<TreeNode> { node };
        while (nodes.Count < parts)
        {
            var largest = 0;
            for (var i = 1; i < nodes.Count; i++)
                if (LeafCount(nodes[i]) > LeafCount(nodes[largest])) largest = i;
            var divided = nodes[largest];
            if (LeafCount(divided) < 2) break;
            while (LeafCount(divided.Right) == 0) divided = divided.Left;
            nodes[largest] = divided.Left;
            nodes.Insert(largest + 1, divided.Right);
        }
        return [.. nodes];
    }

    /// <summary>
    /// The fewest aligned nodes that together cover <paramref name="count"/> leaves from <paramref name="first"/> on
    /// once, in order.
    /// </summary>
    public ImmutableArray<TreeNode> Cover(int first, int count)
    {
        var nodes = ImmutableArray.CreateBuilder<TreeNode>();
        for (var (leaf, end) = (first, first + count); leaf < end;)
        {
            var node = new TreeNode(0, leaf);
            while (node.Level < Root.Level && leaf % (2 << node.Level) == 0)
            {
                var parent = new TreeNode(node.Level + 1, node.Index / 2);
                if (leaf + LeafCount(parent) > end || LeafCount(parent) == LeafCount(node)) break;
                node = parent;
            }
            nodes.Add(node);
            leaf += LeafCount(node);
        }
        return nodes.ToImmutable();
    }

    /// <summary>The first row of a leaf; of the one behind the last, the number of rows.</summary>
    internal int FirstRow(int leaf) => (int)((long)leaf * Rows / Leaves);
}
