using System.Collections.Immutable;
using ActorTrain.Kernels;

namespace ActorTrain;

/// <summary>
/// Cross entropy of logits, Lᵢ = −Σ over c of qᵢ[c]·log softmax(xᵢ)[c], where q is w[y] at the label; with label
/// smoothing s, (1 − s)·w[y] there and s·w[c] / classes at all classes; PyTorch's <c>nn.CrossEntropyLoss</c>. Its model
/// ends in logits.
/// </summary>
/// <remarks>
/// Subtracts each row's maximum, so large logits do not overflow. A logit −∞ masks its class: where q is 0 it adds
/// nothing. Source: Goodfellow et al. 2016, §6.2.2.3.
/// </remarks>
/// <param name="LabelSmoothing">s, from 0, below 1.</param>
/// <param name="Weight">w, one for each class; none: 1.</param>
/// <param name="IgnoreIndex">A row with this label has the loss 0 and does not count in the mean.</param>
public sealed record CrossEntropyLoss(
    float LabelSmoothing = 0, ImmutableArray<float> Weight = default, int IgnoreIndex = -100) : Loss
{
    /// <summary>s, from 0, below 1.</summary>
    public float LabelSmoothing { get; } =
        Allowed.From0Below1(LabelSmoothing, nameof(CrossEntropyLoss), nameof(LabelSmoothing));

    /// <summary>A factor of every row's loss.</summary>
    internal float Scale { get; init; } = 1;

    internal ClassWeights Weights => new("CrossEntropyLoss", Weight, IgnoreIndex, Scale);

    // ∂L/∂x = softmax(x)·Σ q − q
    /// <inheritdoc/>
    public override (Tensor RowLosses, Tensor OutputGradient) ValueAndGradient(
        Tensor output, ReadOnlySpan<int> labels, LayerContext context)
    {
        var weights = Weights;
        var (rows, classes) = weights.Check(output, labels);
        var (losses, gradient) = (context.Take([rows]), context.Take(output.Shape));
        Span<float> loss = losses.Span, dx = gradient.Span;
        LogSoftmax.Rows(output.Span, dx, classes);
        if (LabelSmoothing == 0 && !weights.Matter(labels))
        {
            for (var i = 0; i < rows; i++) loss[i] = -dx[(i * classes) + labels[i]];
            ElementwiseMath.Exp(dx, dx);
            for (var i = 0; i < rows; i++) dx[(i * classes) + labels[i]] -= 1;
            return (losses.Freeze(), gradient.Freeze());
        }
        for (var i = 0; i < rows; i++)
            loss[i] = Row(weights, dx.Slice(i * classes, classes), labels[i]);
        return (losses.Freeze(), gradient.Freeze());
    }

    /// <inheritdoc/>
    public override Loss OverMinibatch(ReadOnlySpan<int> labels) =>
        IsWeighted ? this with { Scale = Weights.ScaleOver(labels) } : this;

    /// <inheritdoc/>
    public override bool IsWeighted => !Weight.IsDefaultOrEmpty || IgnoreIndex >= 0;

    /// <inheritdoc/>
    public override double Divisor(ReadOnlySpan<int> labels) => Weights.Divisor(labels);

    /// <summary>Equal smoothing, weights and label.</summary>
    public bool Equals(CrossEntropyLoss? other) =>
        other is not null && LabelSmoothing == other.LabelSmoothing && Weights.Equals(other.Weights);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(LabelSmoothing, Weights);

    /// <inheritdoc/>
    protected override Tensor Formula(Tensor output, IReadOnlyList<int> labels)
    {
        var (weights, classes) = (Weights, output.Shape[1]);
        var targets = new float[output.Shape.Count];
        for (var i = 0; i < targets.Length; i++)
            if (labels[i / classes] != IgnoreIndex)
                targets[i] = Target(weights, i % classes, labels[i / classes], classes);
        var q = Tensor.Own(targets, output.Shape);
        return -(LogSoftmax.Formula(output) * q).KeptWhere(q).Sum(1);
    }

    // The row's loss; its log-probabilities become their gradient.
    private float Row(ClassWeights weights, Span<float> row, int label)
    {
        if (label == IgnoreIndex)
        {
            row.Clear();
            return 0;
        }
        var (loss, sum) = (0f, 0f);
        for (var c = 0; c < row.Length; c++)
        {
            var q = Target(weights, c, label, row.Length);
            // 0·log 0 is 0: a class that is masked by the logit −∞ adds nothing.
            if (q != 0) loss -= q * row[c];
            sum += q;
        }
        for (var c = 0; c < row.Length; c++)
            row[c] = (ElementwiseMath.Exp(row[c]) * sum) - Target(weights, c, label, row.Length);
        return loss;
    }

    private float Target(ClassWeights weights, int c, int label, int classes) =>
        ((c == label ? 1 - LabelSmoothing : 0) + (LabelSmoothing / classes)) * weights.Of(c);
}
