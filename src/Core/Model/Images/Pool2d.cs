namespace ActorTrain;

/// <summary>What a window of an image becomes: the common part of the two poolings.</summary>
public abstract record Pool2d : Layer
{
    private protected Pool2d(string name, int kernelSize, int? stride)
    {
        KernelSize = (int)Allowed.From1(kernelSize, name, nameof(KernelSize));
        Stride = (int)Allowed.From1(stride ?? kernelSize, name, nameof(Stride));
    }

    /// <summary>Pixels of a window's side, from 1.</summary>
    public int KernelSize { get; }

    /// <summary>Pixels from one place of the window to the next, from 1.</summary>
    public int Stride { get; }

    /// <inheritdoc/>
    public sealed override ParameterLayout Layout => ParameterLayout.Empty;

    private protected Window Window => new(KernelSize, Stride, Padding: 0);

    /// <inheritdoc/>
    public sealed override Shape OutputShape(Shape input) =>
        Window.OutputShape($"{GetType().Name}({KernelSize})", input, input.Rank == 3 ? input[0] : 0);

    /// <inheritdoc/>
    public sealed override (Tensor Output, Saved Saved) Forward(
        Parameters parameters, Tensor input, LayerContext context)
    {
        var shape = Images(input);
        var (height, width, rows, across) = (shape[2], shape[3], Window.Places(shape[2]), Window.Places(shape[3]));
        var output = context.Take([shape[0], shape[1], rows, across]);
        var x = input.Span;
        var y = output.Span;
        var to = 0;
        for (var image = 0; image < shape[0] * shape[1]; image++)
        {
            var plane = x.Slice(image * height * width, height * width);
            for (var i = 0; i < rows; i++)
                for (var j = 0; j < across; j++) y[to++] = Value(plane, width, i * Stride, j * Stride);
        }
        return (output.Freeze(), new(input));
    }

    /// <inheritdoc/>
    public sealed override (Tensor? InputGradient, Parameters ParameterGradient) Backward(
        Parameters parameters, Saved saved, Tensor outputGradient, LayerContext context)
    {
        var input = saved.Tensor!;
        var (height, width) = (input.Shape[2], input.Shape[3]);
        var (rows, across) = (outputGradient.Shape[2], outputGradient.Shape[3]);
        var inputGradient = context.Take(input.Shape);
        var x = input.Span;
        var dy = outputGradient.Span;
        var dx = inputGradient.Span;
        dx.Clear();
        var from = 0;
        for (var image = 0; image < input.Shape[0] * input.Shape[1]; image++)
        {
            var start = image * height * width;
            var plane = x.Slice(start, height * width);
            var slope = dx.Slice(start, height * width);
            for (var i = 0; i < rows; i++)
                for (var j = 0; j < across; j++) Spread(plane, width, i * Stride, j * Stride, dy[from++], slope);
        }
        return (inputGradient.Freeze(), parameters);
    }

    /// <inheritdoc/>
    public sealed override Tensor Formula(Tensor input, IReadOnlyList<Tensor> parameters, LayerContext context)
    {
        var shape = Images(input);
        var columns = Window.Columns(input.Reshape(shape[0] * shape[1], 1, shape[2], shape[3]));
        return Value(columns).Reshape(shape[0], shape[1], Window.Places(shape[2]), Window.Places(shape[3]));
    }

    /// <summary>What each column [k·k] of windows becomes.</summary>
    private protected abstract Tensor Value(Tensor columns);

    /// <summary>What the window with this corner becomes.</summary>
    private protected abstract float Value(ReadOnlySpan<float> plane, int width, int top, int left);

    /// <summary>Adds the gradient of that to the window's pixels.</summary>
    private protected abstract void Spread(
        ReadOnlySpan<float> plane, int width, int top, int left, float gradient, Span<float> slopes);

    private Shape Images(Tensor input) => input.Shape.Rank == 4
        && OutputShape([input.Shape[1], input.Shape[2], input.Shape[3]]).Rank == 3
            ? input.Shape
            : throw new ShapeMismatchException(
                GetType().Name, "input", input.Shape, "[N, channels, height, width]", "Give images.");
}
