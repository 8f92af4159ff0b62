using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using ActorTrain.Kernels;

namespace ActorTrain;

/// <summary>
/// Layers one after another, each with a name of its own; PyTorch's <c>nn.Sequential</c>. Shapes are checked when it is
/// built: a layer that does not fit the one before is an error here, not in the first step.
/// </summary>
public sealed record Sequential : Layer
{
    private readonly Shape? _inputShape;
    private readonly ImmutableArray<ConvolutionChain?> _chains;

    /// <summary>Named layers in order.</summary>
    /// <exception cref="ArgumentException">No layers, an empty name, a name twice, or a name with a dot.</exception>
    /// <exception cref="ShapeMismatchException">A layer does not take what the one before gives.</exception>
    public Sequential(params IEnumerable<(string Name, Layer Layer)> layers)
    {
        Layers = [.. layers];
        if (Layers.IsEmpty) throw new ArgumentException("Sequential: give at least one layer.", nameof(layers));
        var names = new HashSet<string>();
        foreach (var (name, _) in Layers)
        {
            if (string.IsNullOrWhiteSpace(name) || name.Contains('.', StringComparison.Ordinal))
                throw new ArgumentException(
                    $"Sequential: '{name}' can't name a layer; give a name without dots.", nameof(layers));
            if (!names.Add(name))
                throw new ArgumentException(
                    $"Sequential: two layers are named '{name}'; give each its own name.", nameof(layers));
        }
        _inputShape = CheckedInputShape();
        _chains = [.. Enumerable.Range(0, Layers.Length).Select(i => ConvolutionChain.At(Layers, i))];
        Layout = ParameterLayout.Nest(Layers.Select(l => (l.Name, l.Layer.Layout)));
    }

    /// <summary>Layers in order, named <c>0</c>, <c>1</c>, … as in PyTorch.</summary>
    /// <exception cref="ArgumentException">No layers.</exception>
    /// <exception cref="ShapeMismatchException">A layer does not take what the one before gives.</exception>
    public Sequential(params IEnumerable<Layer> layers)
        : this(layers.Select((layer, i) => (i.ToString(CultureInfo.InvariantCulture), layer)))
    {
    }

    /// <summary>Names and layers in order.</summary>
    public ImmutableArray<(string Name, Layer Layer)> Layers { get; }

    /// <inheritdoc/>
    public override ParameterLayout Layout { get; }

    /// <inheritdoc/>
    public override Shape? InputShape => _inputShape;

    /// <summary>The layer of this name.</summary>
    /// <exception cref="KeyNotFoundException">There is none; the message lists those that are.</exception>
    public Layer this[string name] => Layers.FirstOrDefault(l => l.Name == name).Layer
        ?? throw new KeyNotFoundException(
            $"No layer is named '{name}'; there are {string.Join(", ", Layers.Select(l => l.Name))}.");

    /// <summary>The layer at this place.</summary>
    public Layer this[Index index] => Layers[index].Layer;

    /// <summary>
    /// A multilayer perceptron: <c>fc1</c>, <c>relu1</c>, <c>fc2</c>, …, ending in <c>log_softmax</c>.
    /// </summary>
    /// <param name="sizes">Features of the input, of each hidden layer, and the number of classes.</param>
    /// <exception cref="ArgumentException">Fewer than two sizes, or one below 1.</exception>
    public static Sequential Mlp(params ReadOnlySpan<int> sizes)
    {
        if (sizes.Length < 2)
            throw new ArgumentException("Mlp: give at least input features and classes.", nameof(sizes));
        var layers = new List<(string, Layer)>();
        for (var i = 1; i < sizes.Length; i++)
        {
            layers.Add(($"fc{i}", new Linear(sizes[i - 1], sizes[i])));
            if (i < sizes.Length - 1) layers.Add(($"relu{i}", new ReLU()));
        }
        layers.Add(("log_softmax", new LogSoftmax()));
        return new(layers);
    }

    /// <inheritdoc/>
    public override Shape OutputShape(Shape input)
    {
        foreach (var layer in Layers) input = Next(layer, input);
        return input;
    }

    /// <inheritdoc/>
    public override int FewestRows(Shape input)
    {
        var fewest = 1;
        foreach (var layer in Layers)
        {
            fewest = Math.Max(fewest, layer.Layer.FewestRows(input));
            input = Next(layer, input);
        }
        return fewest;
    }

    /// <inheritdoc/>
    public override void Initialize(ulong seed, int offset, ParameterBuffer parameters)
    {
        for (var i = 0; i < Layers.Length; i++)
            Layers[i].Layer.Initialize(seed, offset + Layout.Child(i).Offset, parameters.Child(i));
    }

    /// <inheritdoc/>
    public override (Tensor Output, Saved Saved) Forward(Parameters parameters, Tensor input, LayerContext context)
    {
        var saved = context.TakeSaved(Layers.Length);
        for (var i = 0; i < Layers.Length; i++)
        {
            var (offset, layout) = Layout.Child(i);
            context.Await(offset + layout.Count);
            // Such a layer and the ReLU behind it are one pass: ReLU keeps only its own output.
            if (Layers[i].Layer is IBeforeReLU layer && i + 1 < Layers.Length && Layers[i + 1].Layer is ReLU)
            {
                (input, saved[i]) = layer.Forward(parameters.Child(i), input, context);
                saved[++i] = new(input);
            }
            else (input, saved[i]) = Layers[i].Layer.Forward(parameters.Child(i), input, context.At(i));
        }
        return (input, new(null, ImmutableCollectionsMarshal.AsImmutableArray(saved)));
    }

    /// <inheritdoc/>
    public override Tensor Evaluate(Parameters parameters, Tensor input, LayerContext context)
    {
        if (context.Training is not null) return Forward(parameters, input, context).Output;
        for (int i = 0, end; i < Layers.Length; i = end)
        {
            var chain = context.MatMul is ManagedMatMul ? _chains[i] : null;
            var isBeforeReLU = i + 1 < Layers.Length && Layers[i + 1].Layer is ReLU;
            var beforeReLU = isBeforeReLU ? Layers[i].Layer as IBeforeReLU : null;
            end = i + (chain?.Layers ?? (beforeReLU is null ? 1 : 2));
            var (offset, layout) = Layout.Child(end - 1);
            context.Await(offset + layout.Count);
            input = chain is not null ? chain.Evaluate(parameters, input, context)
                : beforeReLU is not null ? beforeReLU.Forward(parameters.Child(i), input, context).Output
                : Layers[i].Layer.Evaluate(parameters.Child(i), input, context.At(i));
        }
        return input;
    }

    // Each layer's gradient is taken from its own part of the whole model's: nothing is concatenated afterwards.
    /// <inheritdoc/>
    public override (Tensor? InputGradient, Parameters ParameterGradient) Backward(
        Parameters parameters, Saved saved, Tensor outputGradient, LayerContext context)
    {
        var gradient = context.TakeGradient(Layout);
        Tensor? dy = outputGradient;
        for (var i = Layers.Length - 1; i >= 0; i--)
        {
            var child = context.ForChild(gradient.Child(i), inputGradientNeeded: i > 0 || context.InputGradientNeeded);
            (dy, _) = Layers[i].Layer.Backward(parameters.Child(i), saved.Children[i], dy!, child);
            if (i > 0) context.Report(gradient, Layout.Child(i).Offset);
        }
        return (dy, gradient.Freeze());
    }

    /// <inheritdoc/>
    public override Tensor Formula(Tensor input, IReadOnlyList<Tensor> parameters, LayerContext context)
    {
        var first = 0;
        for (var i = 0; i < Layers.Length; i++)
        {
            var layer = Layers[i].Layer;
            var end = first + layer.Layout.Slots.Length;
            input = layer.Formula(input, [.. parameters.Take(first..end)], context.At(i));
            first = end;
        }
        return input;
    }

    /// <summary>As PyTorch prints it, a line for each layer.</summary>
    public override string ToString()
    {
        var text = new StringBuilder("Sequential(\n");
        foreach (var (name, layer) in Layers)
            text.Append("  (").Append(name).Append("): ")
                .Append(layer.ToString().Replace("\n", "\n  ", StringComparison.Ordinal)).Append('\n');
        return text.Append(')').ToString();
    }

    /// <summary>Equal names and layers in the same order.</summary>
    public bool Equals(Sequential? other) => other is not null && Layers.AsSpan().SequenceEqual(other.Layers.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => Layers.Aggregate(0, (hash, layer) => HashCode.Combine(hash, layer));

    // Walks from the first layer that fixes its input, if what comes before it keeps shapes, as ReLU does.
    private Shape? CheckedInputShape()
    {
        Shape? shape = null, input = null;
        foreach (var layer in Layers)
        {
            if (shape is null)
            {
                input = shape = layer.Layer.InputShape;
                if (shape is null && !layer.Layer.KeepsShape) return null;
                if (shape is null) continue;
            }
            shape = Next(layer, shape.Value);
        }
        return input;
    }

    private static Shape Next((string Name, Layer Layer) layer, Shape input)
    {
        try
        {
            return layer.Layer.OutputShape(input);
        }
        catch (ShapeMismatchException e)
        {
            throw new ShapeMismatchException($"{layer.Name}: {e.Operation}", e.Operand, e.Got, e.Expected, e.Remedy);
        }
    }
}
