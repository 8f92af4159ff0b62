using ActorTrain.Kernels;

namespace ActorTrain;

/// <summary>
/// The tree's sum over nodes that together cover all leaves, as a short program of joins of two operands. Made once for
/// a step, run over each short run of elements while it is in cache.
/// </summary>
public sealed class TreeSum
{
    private readonly Join[] _joins;
    private readonly int _slots;

    /// <summary>The program for nodes in order of their leaves.</summary>
    /// <exception cref="ArgumentException">The nodes do not cover every leaf exactly once, in order.</exception>
    public TreeSum(MicrobatchTree tree, ReadOnlySpan<TreeNode> nodes) : this(tree, tree.Root, nodes)
    {
    }

    /// <summary>The program for nodes that cover the leaves of <paramref name="root"/>, in order.</summary>
    /// <exception cref="ArgumentException">The nodes do not cover every leaf of it exactly once, in order.</exception>
    public TreeSum(MicrobatchTree tree, TreeNode root, ReadOnlySpan<TreeNode> nodes)
    {
        _joins = new Join[Math.Max(0, nodes.Length - 1)];
        var (next, joins) = (0, 0);
        Visit(root, nodes, freeSlot: 0);
        if (next != nodes.Length)
        {
            throw new ArgumentException(
                $"TreeSum: {nodes.Length - next} nodes more than the {tree.LeafCount(root)} leaves below {root} need.",
                nameof(nodes));
        }
        foreach (var join in _joins) _slots = Math.Max(_slots, join.Slot + 1);

        // Answers the operand that holds the node's sum: a given vector, or the slot with the join before.
        int Visit(TreeNode node, ReadOnlySpan<TreeNode> nodes, int freeSlot)
        {
            if (next < nodes.Length && nodes[next] == node) return next++;
            if (node.Level == 0)
                throw new ArgumentException($"TreeSum: no node covers leaf {node.Index}.", nameof(nodes));
            var left = Visit(node.Left, nodes, freeSlot);
            if (tree.LeafCount(node.Right) == 0) return left;
            var right = Visit(node.Right, nodes, left < 0 ? freeSlot + 1 : freeSlot);
            _joins[joins++] = new(left, right, freeSlot);
            return ~freeSlot;
        }
    }

    /// <summary>
    /// Floats of scratch that <see cref="Of(ReadOnlySpan{ReadOnlyMemory{float}}, int, int, Span{float})"/> needs for
    /// runs of a length.
    /// </summary>
    public int ScratchLength(int length) => length * _slots;

    /// <summary>The sum of a run of elements.</summary>
    /// <param name="sums">Each node's vector.</param>
    /// <param name="start">First element of the run.</param>
    /// <param name="length">Elements of the run.</param>
    /// <param name="scratch">Memory for partial sums, of <see cref="ScratchLength"/>.</param>
    /// <returns>The sum: scratch, or the only node's own elements.</returns>
    public ReadOnlySpan<float> Of(ReadOnlySpan<ReadOnlyMemory<float>> sums, int start, int length, Span<float> scratch)
    {
        if (_joins.Length == 0) return sums[0].Span.Slice(start, length);
        foreach (var (left, right, slot) in _joins)
        {
            VectorOperations.Add(
                left < 0 ? scratch.Slice(~left * length, length) : sums[left].Span.Slice(start, length),
                right < 0 ? scratch.Slice(~right * length, length) : sums[right].Span.Slice(start, length),
                scratch.Slice(slot * length, length));
        }
        return scratch[..length];
    }

    /// <summary>The tree's sum of one number for each node.</summary>
    public double Of(ReadOnlySpan<double> sums)
    {
        if (_joins.Length == 0) return sums[0];
        Span<double> slots = _slots <= 64 ? stackalloc double[_slots] : new double[_slots];
        foreach (var (left, right, slot) in _joins)
            slots[slot] = (left < 0 ? slots[~left] : sums[left]) + (right < 0 ? slots[~right] : sums[right]);
        return slots[0];
    }

    /// <summary>Adds two operands into a slot of scratch; an operand is the vector of that number, or ~slot.</summary>
    private readonly record struct Join(int Left, int Right, int Slot);
}
