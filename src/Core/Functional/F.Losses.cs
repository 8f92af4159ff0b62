using System.Collections.Immutable;
using System.Runtime.CompilerServices;

namespace ActorTrain;

public static partial class F
{
    /// <summary>Cross entropy of logits.</summary>
    /// <param name="input">[N, classes].</param>
    /// <param name="labels">[N].</param>
    /// <param name="reduction">What becomes of the rows' losses.</param>
    /// <param name="labelSmoothing">From 0, below 1.</param>
    /// <param name="weight">One for each class; none: 1.</param>
    /// <param name="ignoreIndex">The label of rows that do not count.</param>
    [OverloadResolutionPriority(1)]
    public static Tensor CrossEntropy(
        Tensor input, ReadOnlySpan<int> labels, Reduction reduction = Reduction.Mean, float labelSmoothing = 0,
        ImmutableArray<float> weight = default, int ignoreIndex = -100) =>
        new CrossEntropyLoss(labelSmoothing, weight, ignoreIndex).Of(input, labels, reduction);

    /// <inheritdoc cref="CrossEntropy(Tensor, ReadOnlySpan{int}, Reduction, float, ImmutableArray{float}, int)"/>
    public static Tensor CrossEntropy(
        Tensor input, ImmutableArray<int> labels, Reduction reduction = Reduction.Mean, float labelSmoothing = 0,
        ImmutableArray<float> weight = default, int ignoreIndex = -100) =>
        CrossEntropy(input, labels.AsSpan(), reduction, labelSmoothing, weight, ignoreIndex);

    /// <summary>Negative log-likelihood of log-probabilities.</summary>
    /// <param name="input">[N, classes].</param>
    /// <param name="labels">[N].</param>
    /// <param name="reduction">What becomes of the rows' losses.</param>
    /// <param name="weight">One for each class; none: 1.</param>
    /// <param name="ignoreIndex">The label of rows that do not count.</param>
    [OverloadResolutionPriority(1)]
    public static Tensor NllLoss(
        Tensor input, ReadOnlySpan<int> labels, Reduction reduction = Reduction.Mean,
        ImmutableArray<float> weight = default, int ignoreIndex = -100) =>
        new NLLLoss(weight, ignoreIndex).Of(input, labels, reduction);

    /// <inheritdoc cref="NllLoss(Tensor, ReadOnlySpan{int}, Reduction, ImmutableArray{float}, int)"/>
    public static Tensor NllLoss(
        Tensor input, ImmutableArray<int> labels, Reduction reduction = Reduction.Mean,
        ImmutableArray<float> weight = default, int ignoreIndex = -100) =>
        NllLoss(input, labels.AsSpan(), reduction, weight, ignoreIndex);

    /// <summary>Squared error.</summary>
    /// <inheritdoc cref="ElementLoss.Of"/>
    public static Tensor MseLoss(Tensor output, Tensor target, Reduction reduction = Reduction.Mean) =>
        new MSELoss().Of(output, target, reduction);

    /// <summary>Absolute error.</summary>
    /// <inheritdoc cref="ElementLoss.Of"/>
    public static Tensor L1Loss(Tensor output, Tensor target, Reduction reduction = Reduction.Mean) =>
        new L1Loss().Of(output, target, reduction);

    /// <summary>Squared error near, absolute error beyond β.</summary>
    /// <inheritdoc cref="ElementLoss.Of"/>
    public static Tensor SmoothL1Loss(
        Tensor output, Tensor target, Reduction reduction = Reduction.Mean, float beta = 1) =>
        new SmoothL1Loss(beta).Of(output, target, reduction);

    /// <summary>Squared error near, absolute error beyond δ.</summary>
    /// <inheritdoc cref="ElementLoss.Of"/>
    public static Tensor HuberLoss(
        Tensor output, Tensor target, Reduction reduction = Reduction.Mean, float delta = 1) =>
        new HuberLoss(delta).Of(output, target, reduction);

    /// <summary>Binary cross entropy of probabilities.</summary>
    /// <inheritdoc cref="ElementLoss.Of"/>
    public static Tensor BinaryCrossEntropy(Tensor output, Tensor target, Reduction reduction = Reduction.Mean) =>
        new BCELoss().Of(output, target, reduction);

    /// <summary>Binary cross entropy of logits.</summary>
    /// <inheritdoc cref="ElementLoss.Of"/>
    public static Tensor BinaryCrossEntropyWithLogits(
        Tensor output, Tensor target, Reduction reduction = Reduction.Mean) =>
        new BCEWithLogitsLoss().Of(output, target, reduction);
}
