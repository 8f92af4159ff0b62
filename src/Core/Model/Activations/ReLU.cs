using ActorTrain.Kernels;

namespace ActorTrain;

/// <summary>
/// Rectified linear unit, y = max(x, 0), element by element, NaN where x is; PyTorch's <c>nn.ReLU</c>.
/// </summary>
public sealed record ReLU : Layer
{
    /// <inheritdoc/>
    public override ParameterLayout Layout => ParameterLayout.Empty;

    /// <inheritdoc/>
    public override bool KeepsShape => true;

    /// <inheritdoc/>
    public override Shape OutputShape(Shape input) => input;

    // y = max(x, 0)
    /// <inheritdoc/>
    public override (Tensor Output, Saved Saved) Forward(Parameters parameters, Tensor input, LayerContext context)
    {
        var output = context.Take(input.Shape);
        VectorOperations.Relu(input.Span, output.Span);
        return (output.Freeze(), new(output.Freeze()));
    }

    // ∂L/∂x = ∂y where y > 0, else 0
    /// <inheritdoc/>
    public override (Tensor? InputGradient, Parameters ParameterGradient) Backward(
        Parameters parameters, Saved saved, Tensor outputGradient, LayerContext context)
    {
        var inputGradient = context.Take(outputGradient.Shape);
        VectorOperations.ReluBackward(saved.Tensor!.Span, outputGradient.Span, inputGradient.Span);
        return (inputGradient.Freeze(), parameters);
    }

    /// <inheritdoc/>
    public override Tensor Formula(Tensor input, IReadOnlyList<Tensor> parameters, LayerContext context) =>
        input * (input > 0);

    /// <inheritdoc/>
    public override string ToString() => "ReLU()";
}
