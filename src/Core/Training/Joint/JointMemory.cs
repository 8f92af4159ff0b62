using System.Collections.Immutable;
using ActorTrain.Kernels;

namespace ActorTrain;

/// <summary>
/// What the ranks of joint runs share: outputs of the layers that they divide, the gradients of these, the minibatch's
/// losses, and where they wait for each other.
/// </summary>
public sealed class JointMemory
{
    private readonly Memory<float>[] _outputs;
    private readonly Memory<float>[] _gradients;
    private readonly Memory<float>[] _inputs;
    private readonly float[] _losses;

    private JointMemory(JointPlan plan, int ranks)
    {
        (Plan, Ranks, Barrier, Tree) = (plan, ranks, new(ranks), new(ranks, ranks));
        Nodes = [.. Enumerable.Range(0, ranks).Select(rank => new TreeNode(0, rank))];
        var layers = Enumerable.Range(0, plan.Layers.Length).ToList();
        _outputs = [.. layers.Concat(layers).Select(l => Allocate(!plan.IsCopied(l), StrideOf(l)))];
        _gradients = [.. layers.Select(l => Allocate(HasGradient(l), StrideOf(l)))];
        _inputs = [.. Enumerable.Range(0, 2).Select(_ => Allocate(plan.GathersTogether, plan.Layers[0].In))];
        _losses = new float[plan.HasHead ? plan.MaxRows : 0];
        Correct = new int[ranks];
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
    /// The output of a layer that is not copied, [rows, Out]: of even and odd steps, for a rank may be ahead while
    /// another still reads.
    /// </summary>
    internal MatrixSpan Output(int layer, int step, int rows) =>
        On(_outputs[((step & 1) * Plan.Layers.Length) + layer], layer, rows);

    /// <summary>
    /// ∂L/∂y of a layer's output, [rows, Out], where the ranks compute it together: below a divided layer, and in the
    /// head.
    /// </summary>
    internal MatrixSpan OutputGradient(int layer, int rows) => On(_gradients[layer], layer, rows);

    /// <summary>Whether the ranks compute this gradient together.</summary>
    internal bool HasGradient(int layer) =>
        layer >= Plan.Head || (layer + 1 < Plan.Layers.Length && !Plan.IsCopied(layer + 1));

    /// <summary>Of every row of a minibatch, where there is a head.</summary>
    internal Span<float> Losses => _losses;

    /// <summary>How many of each rank's rows have their largest score at their label, where there is a head.</summary>
    internal int[] Correct { get; }

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
