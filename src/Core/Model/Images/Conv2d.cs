using ActorTrain.Kernels;

namespace ActorTrain;

/// <summary>
/// Convolution of images, y[o] = b[o] + Σ over c, i, j of w[o, c, i, j]·x[c, · + i, · + j], for x [N, C, H, W] and y
/// [N, O, H', W'] with H' = (H + 2·padding − kernel) / stride + 1; PyTorch's <c>nn.Conv2d</c> with square windows.
/// </summary>
/// <param name="InChannels">C.</param>
/// <param name="OutChannels">O.</param>
/// <param name="KernelSize">Pixels of a window's side.</param>
/// <param name="Stride">Pixels from one place of the window to the next.</param>
/// <param name="Padding">Zeros around each image.</param>
/// <param name="Bias">Whether there is a b.</param>
public sealed record Conv2d(
    int InChannels, int OutChannels, int KernelSize, int Stride = 1, int Padding = 0, bool Bias = true) : Layer
{
    /// <summary>C, from 1.</summary>
    public int InChannels { get; } = (int)Allowed.From1(InChannels, nameof(Conv2d), nameof(InChannels));

    /// <summary>O, from 1.</summary>
    public int OutChannels { get; } = (int)Allowed.From1(OutChannels, nameof(Conv2d), nameof(OutChannels));

    /// <summary>Pixels of a window's side, from 1.</summary>
    public int KernelSize { get; } = (int)Allowed.From1(KernelSize, nameof(Conv2d), nameof(KernelSize));

    /// <summary>Pixels from one place of the window to the next, from 1.</summary>
    public int Stride { get; } = (int)Allowed.From1(Stride, nameof(Conv2d), nameof(Stride));

    /// <summary>Zeros around each image, from 0.</summary>
    public int Padding { get; } = (int)Allowed.From0(Padding, nameof(Conv2d), nameof(Padding));

    /// <summary><c>weight</c> [out, in, k, k] and <c>bias</c> [out] if there is one.</summary>
    public override ParameterLayout Layout { get; } = Bias
        ? ParameterLayout.Of(
            ("weight", [OutChannels, InChannels, KernelSize, KernelSize], false), ("bias", [OutChannels], false))
        : ParameterLayout.Of(("weight", [OutChannels, InChannels, KernelSize, KernelSize], false));

    private Window Window => new(KernelSize, Stride, Padding);

    /// <inheritdoc/>
    public override Shape OutputShape(Shape input)
    {
        var output = Window.OutputShape(ShortName, input, OutChannels);
        return input[0] == InChannels
            ? output
            : throw new ShapeMismatchException(
                ShortName, "input", input, $"[{InChannels}, height, width]",
                $"Use Conv2d({input[0]}, {OutChannels}, {KernelSize}).");
    }

    /// <summary>Weight and bias uniform in ±1/√(in·k·k): PyTorch's default (He et al. 2015 with a = √5).</summary>
    /// <inheritdoc/>
    public override void Initialize(ulong seed, int offset, ParameterBuffer parameters)
    {
        var bound = 1f / MathF.Sqrt(InChannels * KernelSize * KernelSize);
        for (var slot = 0; slot < Layout.Slots.Length; slot++)
            Philox.FillUniform(
                seed, RandomPurpose.Initialization, (uint)(offset + Layout.Slots[slot].Offset), -bound, bound,
                parameters.Stored(slot));
    }

    // Of each example: y [O, places] = w [O, C·k·k] · columns [C·k·k, places]
    /// <inheritdoc/>
    public override (Tensor Output, Saved Saved) Forward(Parameters parameters, Tensor input, LayerContext context)
    {
        var sizes = new Sizes(this, input);
        var output = context.Take([sizes.Examples, OutChannels, sizes.OutHeight, sizes.OutWidth]);
        var columns = context.Take([sizes.Depth, sizes.Places]).Span;
        for (var n = 0; n < sizes.Examples; n++)
        {
            Window.ToColumns(sizes.Image(input.Span, n), InChannels, sizes.Height, sizes.Width, columns);
            var y = sizes.Result(output.Span, n);
            context.MatMul.Multiply(
                new(parameters.Stored(0), OutChannels, sizes.Depth), new(columns, sizes.Depth, sizes.Places), [],
                new(y, OutChannels, sizes.Places), [OutChannels]);
            if (Bias) AddBias(parameters.Stored(1), y, sizes.Places);
        }
        return (output.Freeze(), new(input));
    }

    // Of each example: ∂L/∂w += ∂y · columnsᵀ    ∂L/∂b += sums of ∂y    ∂L/∂columns = wᵀ · ∂y
    /// <inheritdoc/>
    public override (Tensor? InputGradient, Parameters ParameterGradient) Backward(
        Parameters parameters, Saved saved, Tensor outputGradient, LayerContext context)
    {
        var input = saved.Tensor!;
        var sizes = new Sizes(this, input);
        var gradient = context.TakeGradient(Layout);
        var columns = context.Take([sizes.Depth, sizes.Places]).Span;
        LeafSums.Of(
            new WeightTerm(
                this, sizes, input.Span, outputGradient.Span, columns, context.Take([gradient.Stored(0).Length]).Span,
                context.MatMul),
            gradient.Stored(0), context);
        if (Bias)
            LeafSums.Of(
                new BiasTerm(outputGradient.Span, OutChannels, sizes.Places), gradient.Stored(1), context);
        if (!context.InputGradientNeeded) return (null, gradient.Freeze());
        var inputGradient = context.Take(input.Shape);
        inputGradient.Span.Clear();
        for (var n = 0; n < sizes.Examples; n++)
        {
            context.MatMul.TransposedMultiply(
                new(parameters.Stored(0), OutChannels, sizes.Depth),
                new(sizes.Result(outputGradient.Span, n), OutChannels, sizes.Places),
                new(columns, sizes.Depth, sizes.Places), [OutChannels]);
            Window.AddColumns(
                columns, InChannels, sizes.Height, sizes.Width, sizes.Image(inputGradient.Span, n));
        }
        return (inputGradient.Freeze(), gradient.Freeze());
    }

    /// <inheritdoc/>
    public override Tensor Formula(Tensor input, IReadOnlyList<Tensor> parameters, LayerContext context)
    {
        var sizes = new Sizes(this, input);
        var product = parameters[0].Reshape(OutChannels, -1).MatMul(Window.Columns(input));
        var images = product.View(OutChannels, sizes.Examples, sizes.Places).Transpose(0, 1)
            .Reshape(sizes.Examples, OutChannels, sizes.OutHeight, sizes.OutWidth);
        return Bias ? images + parameters[1].Reshape(1, -1, 1, 1) : images;
    }

    /// <inheritdoc/>
    public override string ToString() =>
        $"Conv2d({InChannels}, {OutChannels}, kernel_size=({KernelSize}, {KernelSize}), stride=({Stride}, {Stride})"
        + $"{(Padding > 0 ? $", padding=({Padding}, {Padding})" : "")}{(Bias ? "" : ", bias=False")})";

    private string ShortName => $"Conv2d({InChannels}, {OutChannels}, {KernelSize})";

    private static void AddBias(ReadOnlySpan<float> bias, Span<float> y, int places)
    {
        for (var o = 0; o < bias.Length; o++)
            foreach (ref var value in y.Slice(o * places, places)) value += bias[o];
    }

    private readonly struct Sizes
    {
        public Sizes(Conv2d layer, Tensor input)
        {
            var shape = input.Shape;
            if (shape.Rank != 4)
                throw new ShapeMismatchException(
                    layer.ShortName, "input", shape, $"[N, {layer.InChannels}, height, width]", "Give images.");
            var output = layer.OutputShape([shape[1], shape[2], shape[3]]);
            (Examples, Height, Width, OutHeight, OutWidth) = (shape[0], shape[2], shape[3], output[1], output[2]);
            (InLength, OutLength) = (shape.Count / Math.Max(1, Examples), output.Count);
            Depth = layer.InChannels * layer.KernelSize * layer.KernelSize;
        }

        public int Examples { get; }
        public int Height { get; }
        public int Width { get; }
        public int OutHeight { get; }
        public int OutWidth { get; }
        public int Depth { get; }
        public int Places => OutHeight * OutWidth;
        private int InLength { get; }
        private int OutLength { get; }

        public ReadOnlySpan<float> Image(ReadOnlySpan<float> x, int n) => x.Slice(n * InLength, InLength);
        public Span<float> Image(Span<float> x, int n) => x.Slice(n * InLength, InLength);
        public ReadOnlySpan<float> Result(ReadOnlySpan<float> y, int n) => y.Slice(n * OutLength, OutLength);
        public Span<float> Result(Span<float> y, int n) => y.Slice(n * OutLength, OutLength);
    }

    private readonly ref struct WeightTerm(
        Conv2d layer, Sizes sizes, ReadOnlySpan<float> input, ReadOnlySpan<float> outputGradient, Span<float> columns,
        Span<float> product, IMatMul matMul) : IRowTerm
    {
        private readonly ReadOnlySpan<float> _input = input;
        private readonly ReadOnlySpan<float> _outputGradient = outputGradient;
        private readonly Span<float> _columns = columns;
        private readonly Span<float> _product = product;

        public void AddTo(Span<float> sum, int row)
        {
            layer.Window.ToColumns(sizes.Image(_input, row), layer.InChannels, sizes.Height, sizes.Width, _columns);
            matMul.MultiplyTransposed(
                new(sizes.Result(_outputGradient, row), layer.OutChannels, sizes.Places),
                new(_columns, sizes.Depth, sizes.Places), new(_product, layer.OutChannels, sizes.Depth),
                [layer.OutChannels]);
            VectorOperations.Add(sum, _product, sum);
        }
    }

    private readonly ref struct BiasTerm(ReadOnlySpan<float> outputGradient, int channels, int places) : IRowTerm
    {
        private readonly ReadOnlySpan<float> _outputGradient = outputGradient;

        public void AddTo(Span<float> sum, int row)
        {
            var dy = _outputGradient.Slice(row * channels * places, channels * places);
            for (var o = 0; o < channels; o++)
            {
                var total = 0.0;
                foreach (var value in dy.Slice(o * places, places)) total += value;
                sum[o] += (float)total;
            }
        }
    }
}
