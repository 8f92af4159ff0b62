namespace ActorTrain;

/// <summary>What a window of an image becomes: the common part of the two poolings.</summary>
public abstract record Pool2d : Layer
{
    private protected Pool2d(string name, int kernelSize, int? stride, int padding)
    {
        KernelSize = (int)Allowed.From1(kernelSize, name, nameof(KernelSize));
        Stride = (int)Allowed.From1(stride ?? kernelSize, name, nameof(Stride));
        Padding = (int)Allowed.From0(padding, name, nameof(Padding));
        if (2 * Padding > KernelSize)
            throw new ArgumentOutOfRangeException(
                nameof(padding), padding,
                $"{name}: Padding is {padding}; give at most half of the window's {KernelSize} pixels.");
    }

    /// <summary>Pixels of a window's side, from 1.</summary>
    public int KernelSize { get; }

    /// <summary>Pixels from one place of the window to the next, from 1.</summary>
    public int Stride { get; }

    /// <summary>Pixels around each image that the window also goes over, from 0 to half of its side.</summary>
    public int Padding { get; }

    /// <inheritdoc/>
    public sealed override ParameterLayout Layout => ParameterLayout.Empty;

    private protected Window Window => new(KernelSize, Stride, Padding);

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
        for (var image = 0; image < shape[0] * shape[1]; image++)
            Pool(
                x.Slice(image * height * width, height * width), width, across,
                y.Slice(image * rows * across, rows * across));
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
        for (var image = 0; image < input.Shape[0] * input.Shape[1]; image++)
        {
            var plane = image * height * width;
            Spread(
                x.Slice(plane, height * width), width, across, dy.Slice(image * rows * across, rows * across),
                dx.Slice(plane, height * width));
        }
        return (inputGradient.Freeze(), parameters);
    }

    /// <inheritdoc/>
    public sealed override Tensor Formula(Tensor input, IReadOnlyList<Tensor> parameters, LayerContext context)
    {
        var shape = Images(input);
        var columns = Window.Columns(input.Reshape(shape[0] * shape[1], 1, shape[2], shape[3]), OutsideValue);
        return Value(columns).Reshape(shape[0], shape[1], Window.Places(shape[2]), Window.Places(shape[3]));
    }

    /// <summary>What stands for a pixel of the padding.</summary>
    private protected abstract float OutsideValue { get; }

    /// <summary>What each column [k·k] of windows becomes.</summary>
    private protected abstract Tensor Value(Tensor columns);

    /// <inheritdoc/>
    public sealed override string ToString() =>
        $"{GetType().Name}(kernel_size={KernelSize}, stride={Stride}{(Padding > 0 ? $", padding={Padding}" : "")})";

    /// <summary>Pools a plane [H, W].</summary>
    private protected virtual void Pool(ReadOnlySpan<float> plane, int width, int across, Span<float> y)
    {
        for (var place = 0; place < y.Length; place++)
            y[place] = Value(plane, width, Area(place, across, plane.Length / width, width));
    }

    /// <summary>The gradient of a plane [H, W].</summary>
    private protected virtual void Spread(
        ReadOnlySpan<float> plane, int width, int across, ReadOnlySpan<float> dy, Span<float> dx)
    {
        dx.Clear();
        for (var place = 0; place < dy.Length; place++)
            Spread(plane, width, Area(place, across, plane.Length / width, width), dy[place], dx);
    }

    /// <summary>What the pixels of an area become.</summary>
    private protected abstract float Value(ReadOnlySpan<float> plane, int width, Area area);

    /// <summary>Adds the gradient of that to the pixels.</summary>
    private protected abstract void Spread(
        ReadOnlySpan<float> plane, int width, Area area, float gradient, Span<float> slopes);

    // The pixels under a place of the window: none of the padding.
    private Area Area(int place, int across, int height, int width)
    {
        var (top, left) = ((place / across * Stride) - Padding, (place % across * Stride) - Padding);
        return new(
            Math.Max(0, top), Math.Min(height, top + KernelSize), Math.Max(0, left),
            Math.Min(width, left + KernelSize));
    }

    private Shape Images(Tensor input) => input.Shape.Rank == 4
        && OutputShape([input.Shape[1], input.Shape[2], input.Shape[3]]).Rank == 3
            ? input.Shape
            : throw new ShapeMismatchException(
                GetType().Name, "input", input.Shape, "[N, channels, height, width]", "Give images.");
}

/// <summary>
/// Pixels of a plane: lines from <paramref name="Top"/> to before <paramref name="Bottom"/>, and so on.
/// </summary>
internal readonly record struct Area(int Top, int Bottom, int Left, int Right);
