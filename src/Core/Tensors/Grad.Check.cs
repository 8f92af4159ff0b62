using ActorTrain.Kernels;

namespace ActorTrain;

public static partial class Grad
{
    private const int CheckedRows = 4;
    private static readonly ManagedMatMul Kernel = new();

    /// <summary>
    /// Compares a function's gradients with finite differences, PyTorch's <c>torch.autograd.gradcheck</c>: for
    /// functions, losses and layers of your own.
    /// </summary>
    /// <param name="f">From tensors to a tensor, whose elements are weighed at random and summed in float64.</param>
    /// <param name="inputs">Where. Numbers around 1 are best.</param>
    /// <returns>Which inputs agree, and of each the worst element with both values.</returns>
    public static GradCheck Check(Func<IReadOnlyList<Tensor>, Tensor> f, params IReadOnlyList<Tensor> inputs) =>
        Check(f, inputs, GradCheckOptions.Default);

    /// <param name="f">From tensors to a tensor, whose elements are weighed at random and summed in float64.</param>
    /// <param name="inputs">Where. Numbers around 1 are best.</param>
    /// <param name="options">How exactly.</param>
    /// <inheritdoc cref="Check(Func{IReadOnlyList{Tensor}, Tensor}, IReadOnlyList{Tensor})"/>
    public static GradCheck Check(
        Func<IReadOnlyList<Tensor>, Tensor> f, IReadOnlyList<Tensor> inputs, GradCheckOptions options)
    {
        var (value, pullback) = Vjp(f, inputs);
        var weights = Random(value.Shape, options.Seed, stream: 0);
        var gradients = pullback(weights);
        var differences = new FiniteDifferences(options);
        return new([
            .. inputs.Select((x, i) => differences.Compare(
                $"input {i}", x, gradients[i],
                at => Weighted(f([.. inputs.Select((y, j) => j == i ? at : y)]), weights))),
        ]);
    }

    /// <summary>
    /// Compares what a layer's <see cref="Layer.Backward"/> says of its input and of its parameters with finite
    /// differences of its <see cref="Layer.Forward"/>, in training, on random examples in two microbatches.
    /// </summary>
    /// <param name="layer">The layer.</param>
    /// <param name="example">The shape of one example, without the batch dimension.</param>
    /// <returns>Parts <c>input</c> and those named as the parameters; running statistics have no gradient.</returns>
    /// <exception cref="ShapeMismatchException">
    /// The layer does not take such examples, or gives a gradient of another shape.
    /// </exception>
    public static GradCheck Check(Layer layer, Shape example) => Check(layer, example, GradCheckOptions.Default);

    /// <param name="layer">The layer.</param>
    /// <param name="example">The shape of one example, without the batch dimension.</param>
    /// <param name="options">How exactly.</param>
    /// <inheritdoc cref="Check(Layer, Shape)"/>
    public static GradCheck Check(Layer layer, Shape example, GradCheckOptions options)
    {
        var input = Random(Shape.Create([CheckedRows, .. example.ToArray()]), options.Seed, stream: 1);
        // Not as they begin, where biases are often all 0.
        var parameters = Tensor.From(layer.Initialize(options.Seed).Span, [layer.Layout.Count])
            + (Random([layer.Layout.Count], options.Seed, stream: 2) * 0.1f);
        var context = new LayerContext(
            Kernel, new[] { CheckedRows / 2, CheckedRows / 2 }, training: new(options.Seed, Step: 0, FirstRow: 0));
        var (output, saved) = layer.Forward(Of(parameters), input, context);
        var weights = Random(output.Shape, options.Seed, stream: 0);
        var (inputGradient, gradient) = layer.Backward(Of(parameters), saved, weights, context);
        if (inputGradient is null)
            throw new ArgumentException(
                $"Grad.Check: {layer} gives no gradient of its input though InputGradientNeeded is true.",
                nameof(layer));
        var differences = new FiniteDifferences(options);
        return new([
            differences.Compare("input", input, inputGradient, x => Value(x, parameters)),
            .. layer.Layout.Slots.Where(slot => slot.StatisticMomentum == 0).Select(OfParameter),
        ]);

        GradCheckInput OfParameter(ParameterSlot slot) => differences.Compare(
            slot.Name, Of(parameters)[slot.Name], gradient[slot.Name],
            at => Value(input, With(parameters, slot, at)));

        double Value(Tensor x, Tensor p) => Weighted(layer.Forward(Of(p), x, context).Output, weights);

        Parameters Of(Tensor p) => new(layer.Layout, p.ToArray().AsMemory());
    }

    /// <summary>The same for every layer of a model, each on random examples of the shape that reaches it.</summary>
    /// <param name="model">The model.</param>
    /// <param name="example">The shape of one example that the model takes.</param>
    /// <param name="options">How exactly.</param>
    /// <returns>Names as those of parameters, with dots; a residual block is checked as a whole.</returns>
    /// <exception cref="ShapeMismatchException">A layer does not take what the one before gives.</exception>
    public static IEnumerable<(string Name, Layer Layer, GradCheck Check)> CheckLayers(
        Sequential model, Shape example, GradCheckOptions options)
    {
        // Names the layer that does not fit.
        model.OutputShape(example);
        foreach (var (name, layer) in model.Layers)
        {
            if (layer is Sequential inner)
            {
                foreach (var (part, child, check) in CheckLayers(inner, example, options))
                    yield return ($"{name}.{part}", child, check);
            }
            else
            {
                yield return (name, layer, Check(layer, example, options));
            }
            example = layer.OutputShape(example);
        }
    }

    /// <summary>Compares what a loss on labels says of its gradient with finite differences of its value.</summary>
    /// <param name="loss">The loss.</param>
    /// <param name="classes">How many.</param>
    public static GradCheck Check(Loss loss, int classes) => Check(loss, classes, GradCheckOptions.Default);

    /// <param name="loss">The loss.</param>
    /// <param name="classes">How many.</param>
    /// <param name="options">How exactly.</param>
    /// <inheritdoc cref="Check(Loss, int)"/>
    public static GradCheck Check(Loss loss, int classes, GradCheckOptions options)
    {
        int[] labels = [.. Enumerable.Range(0, CheckedRows).Select(row => row * (classes - 1) / (CheckedRows - 1))];
        var output = Random([CheckedRows, classes], options.Seed, stream: 1);
        return Check(x => loss.Of(x[0], labels, Reduction.Sum), [output], options);
    }

    private static Tensor With(Tensor parameters, ParameterSlot slot, Tensor value)
    {
        var changed = parameters.ToArray();
        (slot.StoredTransposed ? value.T() : value).Contiguous().Span.CopyTo(changed.AsSpan(slot.Offset));
        return Tensor.Own(changed, parameters.Shape);
    }

    private static Tensor Random(Shape shape, ulong seed, uint stream) => (Tensor.Rand(shape, seed, stream) * 2) - 1;

    private static double Weighted(Tensor output, Tensor weights)
    {
        ReadOnlySpan<float> y = output.Contiguous().Span, w = weights.Span;
        var sum = 0.0;
        for (var i = 0; i < y.Length; i++) sum += (double)y[i] * w[i];
        return sum;
    }
}
