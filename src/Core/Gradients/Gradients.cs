using ActorTrain.Kernels;

namespace ActorTrain;

/// <summary>The pure gradient of a model's loss.</summary>
public static class Gradients
{
    /// <summary>Forward and backward over the rows of one node of the microbatch tree.</summary>
    /// <param name="model">The model.</param>
    /// <param name="loss">The loss on its output.</param>
    /// <param name="parameters">The model's parameters.</param>
    /// <param name="input">[N, …], the node's rows.</param>
    /// <param name="labels">[N].</param>
    /// <param name="context">Kernel, memory, and the rows of each of the node's microbatches.</param>
    /// <returns>Sums over the rows; valid as long as the context's arena is not reset.</returns>
    public static GradientSum Of(
        Layer model, Loss loss, Parameters parameters, Tensor input, ReadOnlySpan<int> labels, LayerContext context)
    {
        var (output, saved) = model.Forward(parameters, input, context);
        var (rowLosses, outputGradient) = loss.ValueAndGradient(output, labels, context);
        var (_, gradient) = model.Backward(parameters, saved, outputGradient, context.WithoutInputGradient());
        return new(gradient, SumByLeaf(rowLosses.Span, context.LeafRows), Predictions.CountCorrect(output, labels),
            labels.Length);
    }

    /// <summary>The loss of a node: each leaf's rows in order, the leaves in the order of the tree.</summary>
    internal static double SumByLeaf(ReadOnlySpan<float> rowLosses, ReadOnlySpan<int> leafRows)
    {
        Span<double> leaves = leafRows.Length <= 256 ? stackalloc double[leafRows.Length] : new double[leafRows.Length];
        var row = 0;
        for (var leaf = 0; leaf < leafRows.Length; leaf++)
        {
            var sum = 0.0;
            for (var end = row + leafRows[leaf]; row < end; row++) sum += rowLosses[row];
            leaves[leaf] = sum;
        }
        return PairwiseTree.Sum(leaves);
    }
}
