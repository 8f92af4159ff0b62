using ActorTrain.Kernels;

namespace ActorTrain;

/// <summary>
/// The tree's sum over nodes that together cover all leaves, as a short program for a stack: push the sum of node i, or
/// join the two on top. Made once for a step, run over each short run of elements while it is in cache.
/// </summary>
public sealed class TreeSum
{
    private const int Join = -1;
    private readonly List<int> _program = [];

    /// <summary>The program for nodes in order of their leaves.</summary>
    /// <exception cref="ArgumentException">The nodes do not cover every leaf exactly once, in order.</exception>
    public TreeSum(MicrobatchTree tree, ReadOnlySpan<TreeNode> nodes)
    {
        var next = 0;
        Visit(tree.Root, nodes);
        if (next != nodes.Length)
            throw new ArgumentException($"TreeSum: {nodes.Length - next} nodes more than the tree's {tree.Leaves} leaves need.", nameof(nodes));

        void Visit(TreeNode node, ReadOnlySpan<TreeNode> nodes)
        {
            if (next < nodes.Length && nodes[next] == node)
            {
                _program.Add(next++);
                return;
            }
            if (node.Level == 0) throw new ArgumentException($"TreeSum: no node covers leaf {node.Index}.", nameof(nodes));
            Visit(node.Left, nodes);
            if (tree.LeafCount(node.Right) == 0) return;
            Visit(node.Right, nodes);
            _program.Add(Join);
        }
    }

    /// <summary>Floats of scratch that <see cref="Of(ReadOnlySpan{ReadOnlyMemory{float}}, int, int, Span{float})"/> needs for runs of a length.</summary>
    public int ScratchLength(int length) => length * Math.Max(1, _program.Count(p => p != Join));

    /// <summary>The sum of a run of elements.</summary>
    /// <param name="sums">Each node's vector.</param>
    /// <param name="start">First element of the run.</param>
    /// <param name="length">Elements of the run.</param>
    /// <param name="scratch">Memory for partial sums, of <see cref="ScratchLength"/>.</param>
    /// <returns>The sum: scratch, or the only node's own elements.</returns>
    public ReadOnlySpan<float> Of(ReadOnlySpan<ReadOnlyMemory<float>> sums, int start, int length, Span<float> scratch)
    {
        if (_program.Count == 1) return sums[0].Span.Slice(start, length);
        var depth = 0;
        foreach (var instruction in _program)
        {
            if (instruction == Join)
            {
                depth--;
                var left = scratch.Slice((depth - 1) * length, length);
                VectorOperations.Add(left, scratch.Slice(depth * length, length), left);
            }
            else
            {
                sums[instruction].Span.Slice(start, length).CopyTo(scratch.Slice(depth++ * length, length));
            }
        }
        return scratch[..length];
    }

    /// <summary>The tree's sum of one number for each node.</summary>
    public double Of(ReadOnlySpan<double> sums)
    {
        var stack = new Stack<double>();
        foreach (var instruction in _program)
        {
            if (instruction == Join)
            {
                var right = stack.Pop();
                stack.Push(stack.Pop() + right);
            }
            else
            {
                stack.Push(sums[instruction]);
            }
        }
        return stack.Pop();
    }
}
