using ActorTrain.Kernels;

namespace ActorTrain;

/// <summary>
/// A layer beside which its input goes on, y = x + f(x) (He et al. 2016). The layer must give its input's shape.
/// </summary>
/// <param name="Body">f; its parameters are named <c>body.…</c>.</param>
public sealed record Residual(Layer Body) : Layer
{
    /// <inheritdoc/>
    public override ParameterLayout Layout { get; } = ParameterLayout.Nest([("body", Body.Layout)]);

    /// <inheritdoc/>
    public override Shape? InputShape => Body.InputShape;

    /// <inheritdoc/>
    public override bool KeepsShape => true;

    /// <inheritdoc/>
    public override Shape OutputShape(Shape input)
    {
        var output = Body.OutputShape(input);
        return output == input
            ? output
            : throw new ShapeMismatchException(
                "Residual", "output of its body", output, input.ToString(), "Give a body that keeps the shape.");
    }

    /// <inheritdoc/>
    public override int FewestRows(Shape input) => Body.FewestRows(input);

    /// <inheritdoc/>
    public override void Initialize(ulong seed, int offset, ParameterBuffer parameters) =>
        Body.Initialize(seed, offset, parameters.Child(0));

    /// <inheritdoc/>
    public override (Tensor Output, Saved Saved) Forward(Parameters parameters, Tensor input, LayerContext context)
    {
        var (output, saved) = Body.Forward(parameters.Child(0), input, context);
        var sum = context.Take(input.Shape);
        VectorOperations.Add(input.Span, output.Span, sum.Span);
        return (sum.Freeze(), saved);
    }

    /// <inheritdoc/>
    public override Tensor Evaluate(Parameters parameters, Tensor input, LayerContext context)
    {
        var output = Body.Evaluate(parameters.Child(0), input, context);
        var sum = context.Take(input.Shape);
        VectorOperations.Add(input.Span, output.Span, sum.Span);
        return sum.Freeze();
    }

    // ∂L/∂x = ∂y + ∂y·f′(x)
    /// <inheritdoc/>
    public override (Tensor? InputGradient, Parameters ParameterGradient) Backward(
        Parameters parameters, Saved saved, Tensor outputGradient, LayerContext context)
    {
        var gradient = context.TakeGradient(Layout);
        var child = context.ForChild(gradient.Child(0), context.InputGradientNeeded);
        var (bodyGradient, _) = Body.Backward(parameters.Child(0), saved, outputGradient, child);
        if (bodyGradient is null) return (null, gradient.Freeze());
        var inputGradient = context.Take(outputGradient.Shape);
        VectorOperations.Add(outputGradient.Span, bodyGradient.Span, inputGradient.Span);
        return (inputGradient.Freeze(), gradient.Freeze());
    }

    /// <inheritdoc/>
    public override Tensor Formula(Tensor input, IReadOnlyList<Tensor> parameters, LayerContext context) =>
        input + Body.Formula(input, parameters, context);

    /// <inheritdoc/>
    public override string ToString() =>
        $"Residual(\n  (body): {Body.ToString().Replace("\n", "\n  ", StringComparison.Ordinal)}\n)";
}
