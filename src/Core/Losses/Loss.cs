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

    /// <summary>Each row's loss as a formula of tensor operations, which second derivatives are taken of.</summary>
    /// <param name="output">[N, classes].</param>
    /// <param name="labels">[N], allowed ones.</param>
    /// <returns>[N].</returns>
    /// <exception cref="NotSupportedException">It has none.</exception>
    protected virtual Tensor Formula(Tensor output, IReadOnlyList<int> labels) => throw new NotSupportedException(
        $"Grad: {GetType().Name} has a gradient, but no Hvp or second derivative; override Formula.");

    /// <summary>What the sum of the rows' losses is divided by for their mean: rows, or their weights.</summary>
    /// <param name="labels">[N].</param>
    public virtual double Divisor(ReadOnlySpan<int> labels) => labels.Length;

    /// <summary>The mean over rows: PyTorch's <c>reduction='mean'</c>.</summary>
    /// <inheritdoc cref="ValueAndGradient"/>
    public double Mean(Tensor output, ReadOnlySpan<int> labels)
    {
        var rows = ValueAndGradient(output, labels, default).RowLosses.Span;
        var sum = 0.0;
        foreach (var loss in rows) sum += loss;
        return sum / Divisor(labels);
    }

    /// <summary>The loss as a function of the output, for <see cref="Grad"/>.</summary>
    /// <param name="output">[N, classes].</param>
    /// <param name="labels">[N].</param>
    /// <param name="reduction">What becomes of the rows' losses.</param>
    /// <returns>A scalar, or [N].</returns>
    public Tensor Of(Tensor output, ReadOnlySpan<int> labels, Reduction reduction = Reduction.Mean)
    {
        var (rowLosses, gradient) = ValueAndGradient(output.Detach().Contiguous(), labels, default);
        var given = labels.ToArray();
        var rows = Trace.Of(rowLosses, output, (dy, x, _) => x.Trace is null
            ? dy.Reshape(-1, 1) * gradient
            : Grad.Vjp(at => Formula(at[0], given), [x]).Pullback(dy)[0]);
        return reduction switch
        {
            Reduction.Mean => rows.Sum() / (float)Divisor(labels),
            Reduction.Sum => rows.Sum(),
            Reduction.None => rows,
        };
    }
}
