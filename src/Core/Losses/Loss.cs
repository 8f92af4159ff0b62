using ActorTrain.Kernels;

namespace ActorTrain;

/// <summary>A loss over a batch of outputs and labels. Open for extension; a loss of your own must be pure.</summary>
public abstract record Loss
{
    /// <summary>Each row's loss, and the gradient of the sum of all rows' losses.</summary>
    /// <param name="output">The model's output, [N, classes].</param>
    /// <param name="labels">[N], each in 0 … classes−1.</param>
    /// <param name="context">Memory to take results from.</param>
    /// <returns>Row losses [N] in nats, and ∂(Σ losses)/∂output [N, classes].</returns>
    /// <exception cref="ShapeMismatchException">Not one label for each row.</exception>
    public abstract (Tensor RowLosses, Tensor OutputGradient) ValueAndGradient(
        Tensor output, ReadOnlySpan<int> labels, LayerContext context);

    /// <summary>The mean over rows: PyTorch's <c>reduction='mean'</c>.</summary>
    /// <inheritdoc cref="ValueAndGradient"/>
    public double Mean(Tensor output, ReadOnlySpan<int> labels)
    {
        var rows = ValueAndGradient(output, labels, default).RowLosses.Span;
        var sum = 0.0;
        foreach (var loss in rows) sum += loss;
        return sum / rows.Length;
    }

    /// <summary>Rows and classes of the output, after checking that there is one valid label for each row.</summary>
    private protected static (int Rows, int Classes) Check(string name, Tensor output, ReadOnlySpan<int> labels)
    {
        if (output.Shape.Rank != 2 || output.Shape[0] != labels.Length)
            throw new ShapeMismatchException(
                name, "output", output.Shape, $"[{labels.Length}, classes]", "Give one row of scores for each label.");
        var classes = output.Shape[1];
        foreach (var label in labels)
            if ((uint)label >= (uint)classes)
            {
                throw new ArgumentOutOfRangeException(
                    nameof(labels), label, $"{name}: label {label} is not one of the classes 0..{classes - 1}.");
            }
        return (labels.Length, classes);
    }
}

/// <summary>
/// Negative log-likelihood of log-probabilities, Lᵢ = −xᵢ[yᵢ]; PyTorch's <c>nn.NLLLoss</c>. Its model ends in
/// <see cref="LogSoftmax"/>.
/// </summary>
public sealed record NLLLoss : Loss
{
    // ∂L/∂x[i, j] = −1 where j = yᵢ, else 0
    /// <inheritdoc/>
    public override (Tensor RowLosses, Tensor OutputGradient) ValueAndGradient(
        Tensor output, ReadOnlySpan<int> labels, LayerContext context)
    {
        var (rows, classes) = Check("NLLLoss", output, labels);
        var (losses, gradient) = (context.Take([rows]), context.Take(output.Shape));
        Span<float> loss = losses.Span, dx = gradient.Span;
        var x = output.Span;
        dx.Clear();
        for (var i = 0; i < rows; i++)
        {
            loss[i] = -x[(i * classes) + labels[i]];
            dx[(i * classes) + labels[i]] = -1;
        }
        return (losses.Freeze(), gradient.Freeze());
    }
}

/// <summary>
/// Cross entropy of logits, Lᵢ = −log softmax(xᵢ)[yᵢ]; PyTorch's <c>nn.CrossEntropyLoss</c>. Its model ends in logits.
/// </summary>
/// <remarks>
/// Subtracts each row's maximum, so large logits do not overflow. Source: Goodfellow et al. 2016, §6.2.2.3.
/// </remarks>
public sealed record CrossEntropyLoss : Loss
{
    // ∂L/∂x = softmax(x) − onehot(y)
    /// <inheritdoc/>
    public override (Tensor RowLosses, Tensor OutputGradient) ValueAndGradient(
        Tensor output, ReadOnlySpan<int> labels, LayerContext context)
    {
        var (rows, classes) = Check("CrossEntropyLoss", output, labels);
        var (losses, gradient) = (context.Take([rows]), context.Take(output.Shape));
        Span<float> loss = losses.Span, dx = gradient.Span;
        LogSoftmax.Rows(output.Span, dx, classes);
        for (var i = 0; i < rows; i++) loss[i] = -dx[(i * classes) + labels[i]];
        ElementwiseMath.Exp(dx, dx);
        for (var i = 0; i < rows; i++) dx[(i * classes) + labels[i]] -= 1;
        return (losses.Freeze(), gradient.Freeze());
    }
}
