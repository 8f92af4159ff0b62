using ActorTrain.Kernels;

namespace ActorTrain;

/// <summary>A function of each element alone, without parameters: what such layers have in common.</summary>
public abstract record Activation : Layer
{
    private protected Activation()
    {
    }

    /// <inheritdoc/>
    public sealed override ParameterLayout Layout => ParameterLayout.Empty;

    /// <inheritdoc/>
    public sealed override bool KeepsShape => true;

    /// <inheritdoc/>
    public sealed override Shape OutputShape(Shape input) => input;

    /// <inheritdoc/>
    public sealed override (Tensor Output, Saved Saved) Forward(
        Parameters parameters, Tensor input, LayerContext context)
    {
        var output = context.Take(input.Shape);
        Run(new ForwardPass(input.Span, output.Span));
        return (output.Freeze(), new(input));
    }

    /// <inheritdoc/>
    public sealed override (Tensor? InputGradient, Parameters ParameterGradient) Backward(
        Parameters parameters, Saved saved, Tensor outputGradient, LayerContext context)
    {
        var inputGradient = context.Take(outputGradient.Shape);
        Run(new BackwardPass(saved.Tensor!.Span, outputGradient.Span, inputGradient.Span));
        return (inputGradient.Freeze(), parameters);
    }

    /// <summary>Gives its function to a pass, which is compiled for that function.</summary>
    private protected abstract void Run<TPass>(TPass pass) where TPass : IElementwisePass, allows ref struct;
}
