namespace ActorTrain;

/// <summary>
/// A function of the scores in the last dimension, without parameters, whose derivative is one of its output: what
/// <see cref="Softmax"/> and <see cref="LogSoftmax"/> have in common.
/// </summary>
public abstract record RowFunction : Layer
{
    private protected RowFunction()
    {
    }

    /// <inheritdoc/>
    public sealed override ParameterLayout Layout => ParameterLayout.Empty;

    /// <inheritdoc/>
    public sealed override bool KeepsShape => true;

    /// <inheritdoc/>
    public sealed override Shape OutputShape(Shape input) => input.Rank >= 1
        ? input
        : throw new ShapeMismatchException(
            $"{GetType().Name}()", "input", input, "[classes]", "Give it one score for each class.");

    /// <inheritdoc/>
    public sealed override (Tensor Output, Saved Saved) Forward(
        Parameters parameters, Tensor input, LayerContext context)
    {
        var output = context.Take(input.Shape);
        Values(input.Span, output.Span, input.Shape[^1]);
        return (output.Freeze(), new(output.Freeze()));
    }

    /// <inheritdoc/>
    public sealed override (Tensor? InputGradient, Parameters ParameterGradient) Backward(
        Parameters parameters, Saved saved, Tensor outputGradient, LayerContext context)
    {
        var inputGradient = context.Take(outputGradient.Shape);
        Slopes(saved.Tensor!.Span, outputGradient.Span, inputGradient.Span, outputGradient.Shape[^1]);
        return (inputGradient.Freeze(), parameters);
    }

    /// <inheritdoc/>
    public sealed override string ToString() => $"{GetType().Name}(dim=-1)";

    private protected abstract void Values(ReadOnlySpan<float> x, Span<float> y, int classes);

    private protected abstract void Slopes(
        ReadOnlySpan<float> y, ReadOnlySpan<float> dy, Span<float> dx, int classes);
}
