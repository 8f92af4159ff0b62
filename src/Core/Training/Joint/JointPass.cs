using ActorTrain.Kernels;

namespace ActorTrain;

/// <summary>One step of a joint run, as a rank sees it.</summary>
/// <param name="step">Of the run, from 0 on.</param>
/// <param name="updates">Updates made before it.</param>
/// <param name="rate">The learning rate.</param>
/// <param name="tree">How the minibatch divides.</param>
/// <param name="input">[rows, features].</param>
internal readonly ref struct JointPass(int step, long updates, float rate, MicrobatchTree tree, MatrixView input)
{
    public int Step { get; } = step;

    public long Updates { get; } = updates;

    public float Rate { get; } = rate;

    public MatrixView Input { get; } = input;

    public int Rows { get; } = tree.Rows;

    public ReadOnlySpan<int> LeafRows { get; } = tree.LeafRows.AsSpan();

    /// <summary>What makes a sum over the rows a mean.</summary>
    public float Scale => 1f / Rows;
}
