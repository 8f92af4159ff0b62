using ActorTrain.Kernels;

namespace ActorTrain;

/// <summary>
/// Softmax over the last dimension, yᵢ = exp xᵢ / Σⱼ exp xⱼ: scores as probabilities; PyTorch's
/// <c>nn.Softmax(dim=-1)</c>. For training prefer <see cref="LogSoftmax"/> with <see cref="NLLLoss"/>.
/// </summary>
public sealed record Softmax : Layer
{
    /// <inheritdoc/>
    public override ParameterLayout Layout => ParameterLayout.Empty;

    /// <inheritdoc/>
    public override bool KeepsShape => true;

    /// <inheritdoc/>
    public override Shape OutputShape(Shape input) => input.Rank >= 1
        ? input
        : throw new ShapeMismatchException(
            "Softmax()", "input", input, "[classes]", "Give it one score for each class.");

    /// <inheritdoc/>
    public override (Tensor Output, Saved Saved) Forward(Parameters parameters, Tensor input, LayerContext context)
    {
        var output = context.Take(input.Shape);
        LogSoftmax.Rows(input.Span, output.Span, input.Shape[^1]);
        ElementwiseMath.Exp(output.Span, output.Span);
        return (output.Freeze(), new(output.Freeze()));
    }

    // ∂L/∂x = y·(∂y − Σ ∂y·y)
    /// <inheritdoc/>
    public override (Tensor? InputGradient, Parameters ParameterGradient) Backward(
        Parameters parameters, Saved saved, Tensor outputGradient, LayerContext context)
    {
        var inputGradient = context.Take(outputGradient.Shape);
        var y = saved.Tensor!.Span;
        var dy = outputGradient.Span;
        var dx = inputGradient.Span;
        var classes = outputGradient.Shape[^1];
        for (var start = 0; start < dx.Length; start += classes)
        {
            var sum = 0f;
            for (var i = start; i < start + classes; i++) sum += dy[i] * y[i];
            for (var i = start; i < start + classes; i++) dx[i] = y[i] * (dy[i] - sum);
        }
        return (inputGradient.Freeze(), parameters);
    }

    /// <inheritdoc/>
    public override Tensor Formula(Tensor input, IReadOnlyList<Tensor> parameters, LayerContext context) =>
        LogSoftmax.Formula(input).Exp();

    /// <inheritdoc/>
    public override string ToString() => "Softmax(dim=-1)";
}
