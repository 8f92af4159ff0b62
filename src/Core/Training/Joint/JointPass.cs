using ActorTrain.Kernels;

namespace ActorTrain;

/// <summary>One step of a joint run, as a rank sees it.</summary>
/// <param name="step">Of the run, from 0 on.</param>
/// <param name="updates">Updates made before it.</param>
/// <param name="rate">The learning rate.</param>
/// <param name="tree">How the minibatch divides.</param>
/// <param name="input">[rows, features].</param>
/// <param name="rank">Whose step.</param>
/// <param name="ranks">How many there are.</param>
internal readonly ref struct JointPass(
    int step, long updates, float rate, MicrobatchTree tree, MatrixView input, int rank, int ranks)
{
    public int Step { get; } = step;

    public long Updates { get; } = updates;

    public float Rate { get; } = rate;

    public MatrixView Input { get; } = input;

    public int Rows { get; } = tree.Rows;

    public ReadOnlySpan<int> LeafRows { get; } = tree.LeafRows.AsSpan();

    /// <summary>The microbatches that are the rank's in the head.</summary>
    public ReadOnlyMemory<int> OwnLeafRows { get; } = tree.LeafRows.AsMemory()[
        (tree.Leaves * rank / ranks)..(tree.Leaves * (rank + 1) / ranks)];

    /// <summary>The first of their rows.</summary>
    public int FirstOwnRow { get; } = tree.FirstRow(tree.Leaves * rank / ranks);

    /// <summary>How many rows they have.</summary>
    public int OwnRows { get; } =
        tree.FirstRow(tree.Leaves * (rank + 1) / ranks) - tree.FirstRow(tree.Leaves * rank / ranks);

    /// <summary>These rows of a matrix that has all.</summary>
    public MatrixView Own(MatrixView x) => new(x.Data[(FirstOwnRow * x.Stride)..], OwnRows, x.Columns, x.Stride);

    /// <inheritdoc cref="Own(MatrixView)"/>
    public MatrixSpan Own(MatrixSpan x) => new(x.Data[(FirstOwnRow * x.Stride)..], OwnRows, x.Columns, x.Stride);

    /// <summary>What makes a sum over the rows a mean.</summary>
    public float Scale => 1f / Rows;
}
