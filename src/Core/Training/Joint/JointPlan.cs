using System.Collections.Immutable;
using ActorTrain.Kernels;

namespace ActorTrain;

/// <summary>A linear layer of a joint step, and where its parameters lie in the model's vector.</summary>
/// <param name="In">Features of an input.</param>
/// <param name="Out">Features of an output.</param>
/// <param name="Weight">Where [in, out] begins.</param>
/// <param name="Bias">Where [out] begins; −1: there is none.</param>
internal readonly record struct JointLayer(int In, int Out, int Weight, int Bias)
{
    // What the other ranks wait for costs some 10 µs: so long as a core takes for 16,000 weights and a minibatch of 64.
    private const int MostWhole = 16 * 1024;

    /// <summary>True: each rank has a part of the columns. False: the layer is too small to be worth it.</summary>
    public bool IsDivided => In * Out > MostWhole;
}

/// <summary>
/// How the shards of one process make a step together: each has a part of the columns of every large layer, hence of
/// its weights, gradient and moments, which so stay in its own cache; only activations go from core to core. Of the
/// small layers behind these each has some rows. An element's chain of sums is the same as when all rows are divided,
/// so the bits are too.
/// </summary>
internal sealed class JointPlan
{
    // A cache line: two ranks never write to the same one.
    private const int Unit = 16;

    private JointPlan(ImmutableArray<JointLayer> layers, Layer? tail, TrainingPlan plan)
    {
        (Layers, Tail, MaxRows, GathersTogether) =
            (layers, tail, plan.TreeOf(0).Rows, plan.Recipe.Augmentation is not null);
        for (Head = layers.Length; Head > 0 && !layers[Head - 1].IsDivided;) Head--;
        if (Head == 0) Head = layers.Length;
    }

    /// <summary>Linear layers, with a ReLU between each two.</summary>
    public ImmutableArray<JointLayer> Layers { get; }

    /// <summary>
    /// The first of the small layers behind the last divided one: from there through the loss and back, each rank has
    /// some rows of the minibatch; it then updates some rows of these layers' weights. Where there are none, the number
    /// of layers.
    /// </summary>
    public int Head { get; }

    /// <summary>Whether small layers stand behind the last divided one.</summary>
    public bool HasHead => Head < Layers.Length;

    /// <summary>What stands behind the last one; none: it gives logits.</summary>
    public Layer? Tail { get; }

    /// <summary>Rows of a minibatch.</summary>
    public int MaxRows { get; }

    /// <summary>
    /// True where the ranks divide the minibatch to gather it: bytes become floats faster than they come from another
    /// core, augmented images do not.
    /// </summary>
    public bool GathersTogether { get; }

    /// <summary>
    /// The joint steps of a plan: of multilayer perceptrons with ReLU, on the managed kernel, with nothing clipped or
    /// frozen. Others have none.
    /// </summary>
    public static JointPlan? Of(TrainingPlan plan)
    {
        var (recipe, rule) = (plan.Recipe, plan.UpdateRule);
        if (recipe.Kernel != ManagedMatMul.KernelName || !rule.Optimizer.TakesRows || rule.Clipping is not null
            || !rule.Untrained.IsEmpty)
            return null;
        var layers = ImmutableArray.CreateBuilder<JointLayer>();
        var places = recipe.Model.Layers;
        for (var i = 0; i < places.Length; i += 2)
        {
            if (places[i].Layer is not Linear linear) return null;
            var (offset, layout) = recipe.Model.Layout.Child(i);
            layers.Add(new(
                linear.InFeatures, linear.OutFeatures, offset, linear.Bias ? offset + layout.Slots[1].Offset : -1));
            var next = i + 1 < places.Length ? places[i + 1].Layer : null;
            if (i + 2 >= places.Length && next is null or LogSoftmax) return new(layers.ToImmutable(), next, plan);
            if (next is not ReLU) return null;
        }
        return null;
    }

    /// <summary>
    /// Whether every rank computes a layer, on a copy of its own, which costs less than telling the others.
    /// </summary>
    public bool IsCopied(int layer) => layer < Head && !Layers[layer].IsDivided;

    /// <summary>Which columns of a layer's output a rank computes.</summary>
    public (int From, int To) ColumnsOf(int layer, int rank, int ranks) =>
        Layers[layer].IsDivided ? Divide(Layers[layer].Out, rank, ranks) : (0, Layers[layer].Out);

    /// <summary>Which rows of a layer's weight, hence inputs, a rank updates.</summary>
    public (int From, int To) RowsOf(int layer, int rank, int ranks) =>
        layer >= Head ? Divide(Layers[layer].In, rank, ranks) : (0, Layers[layer].In);

    /// <summary>Which of some features a rank has.</summary>
    public static (int From, int To) Divide(int features, int rank, int ranks)
    {
        var units = (features + Unit - 1) / Unit;
        return (Math.Min(features, units * rank / ranks * Unit), Math.Min(features, units * (rank + 1) / ranks * Unit));
    }
}
