using ActorTrain.Kernels;

namespace ActorTrain;

/// <summary>What rows of a batch add to a parameter's gradient.</summary>
public interface IRowTerm
{
    /// <summary>Adds what the rows of one leaf do, in ascending order.</summary>
    /// <param name="sum">Added to.</param>
    /// <param name="first">The first of them.</param>
    /// <param name="end">The one after the last.</param>
    void AddTo(Span<float> sum, int first, int end);
}

/// <summary>
/// The gradient of parameters that every row adds to: each leaf's rows in ascending order, the leaves in the order of
/// <see cref="PairwiseTree"/>.
/// </summary>
public static class LeafSums
{
    /// <summary>The sum over all rows of all leaves.</summary>
    /// <param name="term">What a row adds.</param>
    /// <param name="sum">Overwritten.</param>
    /// <param name="context">Says how the rows divide, and where partial sums lie.</param>
    public static void Of<TTerm>(TTerm term, Span<float> sum, LayerContext context)
        where TTerm : IRowTerm, allows ref struct
    {
        var leafRows = context.LeafRows;
        var length = sum.Length;
        sum.Clear();
        if (leafRows.Length == 1)
        {
            term.AddTo(sum, 0, leafRows[0]);
            return;
        }
        var waiting = context.Take([PairwiseTree.MaxWaiting(leafRows.Length) + 1, length]).Span;
        var (depth, row) = (0, 0);
        for (var leaf = 0; leaf < leafRows.Length; leaf++)
        {
            var partial = waiting.Slice(depth++ * length, length);
            partial.Clear();
            term.AddTo(partial, row, row + leafRows[leaf]);
            row += leafRows[leaf];
            for (var joins = PairwiseTree.JoinsAfter(leaf); joins > 0; joins--) Join(waiting, --depth, length);
        }
        while (depth > 1) Join(waiting, --depth, length);
        if (depth == 1) waiting[..length].CopyTo(sum);
    }

    /// <summary>The sum of a tensor's rows.</summary>
    /// <param name="rows">[N, …].</param>
    /// <param name="sum">As long as a row, overwritten.</param>
    /// <param name="context">Says how the rows divide.</param>
    public static void OfRows(Tensor rows, Span<float> sum, LayerContext context) => RowSums.Tree(
        new(rows.Contiguous().Span, rows.Shape[0], sum.Length), sum, context.LeafRows);

    /// <summary>The sum of what is known for each leaf.</summary>
    /// <param name="leaves">One after another, each as long as the sum; overwritten.</param>
    /// <param name="sum">Overwritten.</param>
    /// <param name="context">Says how many leaves there are.</param>
    public static void OfLeaves(Span<float> leaves, Span<float> sum, LayerContext context)
    {
        var (length, depth) = (sum.Length, 0);
        for (var leaf = 0; leaf < context.LeafRows.Length; leaf++, depth++)
        {
            if (depth < leaf) leaves.Slice(leaf * length, length).CopyTo(leaves[(depth * length)..]);
            for (var joins = PairwiseTree.JoinsAfter(leaf); joins > 0; joins--) Join(leaves, depth--, length);
        }
        while (depth > 1) Join(leaves, --depth, length);
        leaves[..length].CopyTo(sum);
    }

    private static void Join(Span<float> waiting, int upper, int length)
    {
        var left = waiting.Slice((upper - 1) * length, length);
        VectorOperations.Add(left, waiting.Slice(upper * length, length), left);
    }
}
