namespace ActorTrain;

/// <summary>
/// A layer together with its parameters, as a value: what PyTorch calls a module. Its parts are found by name or place,
/// <c>model["fc1"].Weight</c>, <c>model[0]</c>; another one with other weights is made by <see cref="With"/>.
/// </summary>
/// <param name="Layer">The layer, typically a <see cref="Sequential"/>.</param>
/// <param name="Parameters">Of its layout.</param>
public sealed record Model(Layer Layer, Parameters Parameters)
{
    private readonly PackedWeights _packed = new();

    /// <summary>Of the layer's layout.</summary>
    public Parameters Parameters { get; } = Layer.Layout.Equals(Parameters.Layout)
        ? Parameters
        : throw new ArgumentException(
            $"Model: {Layer} has {Layer.Layout.Count} parameters, those given have another layout; give its own.",
            nameof(Parameters));

    /// <summary>The parameter named <c>weight</c>, in PyTorch's shape, sharing memory.</summary>
    /// <exception cref="KeyNotFoundException">There is none; the message lists those that are.</exception>
    public Tensor Weight => Parameters["weight"];

    /// <summary>The parameter named <c>bias</c>, likewise.</summary>
    /// <exception cref="KeyNotFoundException">There is none; the message lists those that are.</exception>
    public Tensor Bias => Parameters["bias"];

    /// <summary>A layer with initial parameters.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="seed">Which of them.</param>
    /// <param name="initialization">How they begin; none: as the layers' own defaults say.</param>
    public static Model Create(Layer layer, ulong seed, Initialization? initialization = null) =>
        new(layer, (initialization ?? Initialization.Default).Of(layer, seed));

    /// <summary>The part of this name of a <see cref="Sequential"/>, with its parameters.</summary>
    /// <exception cref="KeyNotFoundException">There is none; the message lists those that are.</exception>
    public Model this[string name] => Child(IndexOf(Parts(), name));

    /// <summary>The part at this place of a <see cref="Sequential"/>, with its parameters.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such place.</exception>
    public Model this[Index index]
    {
        get
        {
            var (count, at) = (Parts().Layers.Length, index.GetOffset(Parts().Layers.Length));
            return (uint)at < (uint)count
                ? Child(at)
                : throw new ArgumentOutOfRangeException(
                    nameof(index), at, $"Model: there is no layer {at}; give 0 to {count - 1}.");
        }
    }

    /// <summary>
    /// Its output for examples, as in evaluation; PyTorch's <c>model(x)</c>. Gradients go through it
    /// (<see cref="Grad"/>).
    /// </summary>
    /// <param name="input">[N, …].</param>
    /// <exception cref="ShapeMismatchException">It does not take such examples.</exception>
    public Tensor Forward(Tensor input) => F.Apply(Layer, input, Parameters, _packed);

    /// <summary>
    /// The same model with another value of one parameter. Gradients go through the value and through all other
    /// parameters, as through PyTorch's <c>functional_call</c>.
    /// </summary>
    /// <param name="parameter">Its name: <c>fc1.weight</c>.</param>
    /// <param name="value">In PyTorch's shape.</param>
    /// <exception cref="KeyNotFoundException">There is none of that name.</exception>
    /// <exception cref="ShapeMismatchException">It has another shape.</exception>
    public Model With(string parameter, Tensor value)
    {
        var slot = Layer.Layout[parameter];
        if (value.Shape != slot.Shape)
            throw new ShapeMismatchException(
                "With", parameter, value.Shape, slot.Shape.ToString(), "Give the parameter's shape.");
        Tensor[] tensors = [.. Parameters.Tensors()];
        tensors[Layer.Layout.Slots.IndexOf(slot)] = value;
        return new(Layer, F.Pack(Layer, tensors).Traced(tensors));
    }

    /// <summary>Its layers with output shapes, parameters and memory.</summary>
    /// <inheritdoc cref="ModelSummary.Of"/>
    public string Summary(Shape example) => ModelSummary.Of(Layer, example);

    /// <summary>Equal layers, and the same numbers.</summary>
    public bool Equals(Model? other) =>
        other is not null && Layer.Equals(other.Layer) && Parameters.Span.SequenceEqual(other.Parameters.Span);

    /// <inheritdoc/>
    public override int GetHashCode() => Layer.GetHashCode();

    /// <summary>As PyTorch prints it.</summary>
    public override string ToString() => Layer.ToString();

    private Sequential Parts() => Layer as Sequential
        ?? throw new InvalidOperationException($"Model: {Layer} has no parts; only a Sequential has.");

    private Model Child(int index) => new(Parts()[index], Parameters.Child(index));

    private static int IndexOf(Sequential layers, string name)
    {
        _ = layers[name];
        var index = 0;
        while (layers.Layers[index].Name != name) index++;
        return index;
    }
}
