using System.Collections.Immutable;
using ActorTrain.Kernels;

namespace ActorTrain;

/// <summary>
/// What the ranks of joint runs share: outputs of large layers, their gradients, and where they wait for each other.
/// </summary>
public sealed class JointMemory
{
    private readonly Memory<float>[] _outputs;
    private readonly Memory<float>[] _gradients;
    private readonly Memory<float>[] _inputs;

    private JointMemory(JointPlan plan, int ranks)
    {
        (Plan, Ranks, Barrier, Tree) = (plan, ranks, new(ranks), new(ranks, ranks));
        Nodes = [.. Enumerable.Range(0, ranks).Select(rank => new TreeNode(0, rank))];
        var layers = Enumerable.Range(0, plan.Layers.Length).ToList();
        _outputs = [.. layers.Concat(layers).Select(l => Allocate(plan.Layers[l].IsDivided, StrideOf(l)))];
        _gradients = [.. layers.Select(l => Allocate(l > 0 && plan.Layers[l].IsDivided, StrideOf(Math.Max(0, l - 1))))];
        _inputs = [.. Enumerable.Range(0, 2).Select(_ => Allocate(plan.GathersTogether, plan.Layers[0].In))];
    }

    /// <summary>How many take part.</summary>
    public int Ranks { get; }

    internal JointPlan Plan { get; }

    internal RankBarrier Barrier { get; }

    /// <summary>The ranks as a tree of a round.</summary>
    internal MicrobatchTree Tree { get; }

    /// <summary>Its leaves.</summary>
    internal ImmutableArray<TreeNode> Nodes { get; }

    /// <summary>Memory for a plan's joint runs; none where it has none.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="ranks">How many threads take part, each on a core of its own; 0: none do.</param>
    public static JointMemory? For(TrainingPlan plan, int ranks) =>
        ranks > 0 && JointPlan.Of(plan) is { } joint ? new(joint, ranks) : null;

    /// <summary>The same anew, for who goes on while others may still be busy with this one.</summary>
    public JointMemory Renewed() => new(Plan, Ranks);

    /// <summary>Ends the waiting of all ranks: one does not take part any more.</summary>
    public void Break() => Barrier.Break();

    /// <summary>
    /// The output of a divided layer, [rows, Out]: of even and odd steps, for a rank may be ahead while another still
    /// reads.
    /// </summary>
    internal MatrixSpan Output(int layer, int step, int rows) =>
        On(_outputs[((step & 1) * Plan.Layers.Length) + layer], layer, rows);

    /// <summary>∂L/∂x of a divided layer's input, [rows, In].</summary>
    internal MatrixSpan InputGradient(int layer, int rows) => On(_gradients[layer], layer - 1, rows);

    /// <summary>A minibatch that the ranks gather together, [rows · features]; also of even and odd steps.</summary>
    internal Span<float> Input(int step) => _inputs[step & 1].Span;

    /// <summary>
    /// Floats from row to row of a layer's output: whole lines, and for hidden layers no multiple of a page, for then
    /// rows would fall into few sets of a cache.
    /// </summary>
    internal int StrideOf(int layer) =>
        layer == Plan.Layers.Length - 1 ? Plan.Layers[layer].Out : ((Plan.Layers[layer].Out + 15) / 16 * 16) + 16;

    private MatrixSpan On(Memory<float> memory, int layer, int rows) =>
        new(memory.Span, rows, Plan.Layers[layer].Out, StrideOf(layer));

    private Memory<float> Allocate(bool isUsed, int stride) =>
        AlignedMemory.Allocate(isUsed ? Plan.MaxRows * stride : 0);
}
