using System.Collections.Immutable;

namespace ActorTrain;

/// <summary>
/// Negative log-likelihood of log-probabilities, Lᵢ = −w[yᵢ]·xᵢ[yᵢ]; PyTorch's <c>nn.NLLLoss</c>. Its model ends in
/// <see cref="LogSoftmax"/>.
/// </summary>
/// <param name="Weight">w, one for each class; none: 1.</param>
/// <param name="IgnoreIndex">A row with this label has the loss 0 and does not count in the mean.</param>
public sealed record NLLLoss(ImmutableArray<float> Weight = default, int IgnoreIndex = -100) : Loss
{
    /// <summary>A factor of every row's loss.</summary>
    internal float Scale { get; init; } = 1;

    internal ClassWeights Weights => new("NLLLoss", Weight, IgnoreIndex, Scale);

    // ∂L/∂x[i, j] = −w where j = yᵢ, else 0
    /// <inheritdoc/>
    public override (Tensor RowLosses, Tensor OutputGradient) ValueAndGradient(
        Tensor output, ReadOnlySpan<int> labels, LayerContext context)
    {
        var weights = Weights;
        var (rows, classes) = weights.Check(output, labels);
        var (losses, gradient) = (context.Take([rows]), context.Take(output.Shape));
        Span<float> loss = losses.Span, dx = gradient.Span;
        var x = output.Span;
        dx.Clear();
        for (var i = 0; i < rows; i++)
        {
            loss[i] = 0;
            if (labels[i] == IgnoreIndex) continue;
            var at = (i * classes) + labels[i];
            var weight = weights.Of(labels[i]);
            // 0·log 0 is 0.
            loss[i] = weight == 0 ? 0 : -weight * x[at];
            dx[at] = -weight;
        }
        return (losses.Freeze(), gradient.Freeze());
    }

    /// <inheritdoc/>
    public override Loss OverMinibatch(ReadOnlySpan<int> labels) =>
        IsWeighted ? this with { Scale = Weights.ScaleOver(labels) } : this;

    /// <inheritdoc/>
    public override bool IsWeighted => !Weight.IsDefaultOrEmpty || IgnoreIndex >= 0;

    /// <inheritdoc/>
    public override double Divisor(ReadOnlySpan<int> labels) => Weights.Divisor(labels);

    /// <inheritdoc/>
    protected override Tensor Formula(Tensor output, IReadOnlyList<int> labels)
    {
        var (weights, classes) = (Weights, output.Shape[1]);
        var picked = new float[output.Shape.Count];
        for (var i = 0; i < labels.Count; i++)
            if (labels[i] != IgnoreIndex) picked[(i * classes) + labels[i]] = -weights.Of(labels[i]);
        var q = Tensor.Own(picked, output.Shape);
        return (output * q).KeptWhere(q).Sum(1);
    }

    /// <summary>Equal weights and label.</summary>
    public bool Equals(NLLLoss? other) => other is not null && Weights.Equals(other.Weights);

    /// <inheritdoc/>
    public override int GetHashCode() => Weights.GetHashCode();
}
