using System.Collections.Immutable;

namespace ActorTrain;

/// <summary>
/// One differentiable function, or a composition of them: data, without parameters of its own. Open for extension:
/// a layer of your own is a sealed record that overrides what is abstract here, and must be pure.
/// </summary>
public abstract record Layer
{
    /// <summary>Names, shapes and places of its parameters.</summary>
    public abstract ParameterLayout Layout { get; }

    /// <summary>The shape of one example that it takes, if it takes only one; else nothing.</summary>
    public virtual Shape? InputShape => null;

    /// <summary>True when an output always has its input's shape, whatever that is.</summary>
    public virtual bool KeepsShape => false;

    /// <summary>
    /// The shape of one example's output for an example of shape <paramref name="input"/>: the shape rule.
    /// </summary>
    /// <param name="input">Without the batch dimension.</param>
    /// <exception cref="ShapeMismatchException">It does not take such examples.</exception>
    public abstract Shape OutputShape(Shape input);

    /// <summary>
    /// The fewest rows of a microbatch that it can train on: 1, but more where it takes the rows of a microbatch
    /// together, or has a part that does. A recipe with smaller ones is refused.
    /// </summary>
    /// <param name="input">The shape of one example, which it takes.</param>
    public virtual int FewestRows(Shape input) => 1;

    /// <summary>PyTorch's default initial parameters, as a function of the seed.</summary>
    /// <param name="seed">The run's seed.</param>
    /// <param name="offset">Where this layer's parameters begin in the whole model's, in floats: no two draws share
    /// it.</param>
    /// <param name="parameters">Where they are written.</param>
    public virtual void Initialize(ulong seed, int offset, ParameterBuffer parameters) => parameters.Span.Clear();

    /// <summary>The function itself.</summary>
    /// <param name="parameters">Of this layer's <see cref="Layout"/>.</param>
    /// <param name="input">[N, …].</param>
    /// <param name="context">Kernel, memory and microbatches.</param>
    /// <returns>The output [N, …], and what <see cref="Backward"/> wants to see again.</returns>
    public abstract (Tensor Output, Saved Saved) Forward(Parameters parameters, Tensor input, LayerContext context);

    /// <summary>
    /// The output alone, of a pass that does not train and is not derived: the bits of <see cref="Forward"/>, where a
    /// layer can in less time and memory.
    /// </summary>
    /// <param name="parameters">Of this layer's <see cref="Layout"/>.</param>
    /// <param name="input">[N, …].</param>
    /// <param name="context">Kernel, memory and microbatches.</param>
    /// <returns>The output [N, …].</returns>
    public virtual Tensor Evaluate(Parameters parameters, Tensor input, LayerContext context) =>
        Forward(parameters, input, context).Output;

    /// <summary>Its derivative, from the output back.</summary>
    /// <param name="parameters">As in <see cref="Forward"/>.</param>
    /// <param name="saved">From <see cref="Forward"/>.</param>
    /// <param name="outputGradient">∂L/∂output, of the output's shape.</param>
    /// <param name="context">Kernel, memory and microbatches.</param>
    /// <returns>
    /// ∂L/∂input, or nothing where <see cref="LayerContext.InputGradientNeeded"/> is false; and ∂L/∂parameters, summed
    /// over the rows of each microbatch and over microbatches in the order of the tree.
    /// </returns>
    public abstract (Tensor? InputGradient, Parameters ParameterGradient) Backward(
        Parameters parameters, Saved saved, Tensor outputGradient, LayerContext context);

    /// <summary>
    /// The same function as a formula of tensor operations, which second derivatives and
    /// <see cref="Grad.Jvp(Func{Tensor, Tensor}, Tensor, Tensor)"/> are taken of. Nothing else needs it.
    /// </summary>
    /// <param name="input">[N, …], one microbatch.</param>
    /// <param name="parameters">In PyTorch's shapes, in the order of <see cref="Layout"/>.</param>
    /// <param name="context">As in <see cref="Forward"/>.</param>
    /// <exception cref="NotSupportedException">It has none.</exception>
    public virtual Tensor Formula(Tensor input, IReadOnlyList<Tensor> parameters, LayerContext context) =>
        throw new NotSupportedException(
            $"Grad: {this} has a gradient, but no Jvp, Hvp or second derivative; override Formula.");

    /// <summary>Initial parameters of the whole layer for a seed.</summary>
    public Parameters Initialize(ulong seed)
    {
        var buffer = new ParameterBuffer(Layout, AlignedMemory.Allocate(Layout.Count));
        Initialize(seed, offset: 0, buffer);
        return buffer.Freeze();
    }
}

/// <summary>What a forward pass keeps for the backward pass.</summary>
/// <param name="Tensor">A tensor, typically the input or the output.</param>
/// <param name="Children">What the parts of a composed layer keep.</param>
public readonly record struct Saved(Tensor? Tensor, ImmutableArray<Saved> Children = default);
