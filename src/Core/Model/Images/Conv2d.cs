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
    int InChannels, int OutChannels, int KernelSize, int Stride = 1, int Padding = 0, bool Bias = true)
    : Layer, IBeforeReLU
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

    // Of some examples at once: y [O, places] = w [O, C·k·k] · columns [C·k·k, places]
    /// <inheritdoc/>
    public override (Tensor Output, Saved Saved) Forward(Parameters parameters, Tensor input, LayerContext context) =>
        Forward(parameters, input, context, relu: false);

    (Tensor Output, Saved Saved) IBeforeReLU.Forward(
        Parameters parameters, Tensor input, LayerContext context) =>
        Forward(parameters, input, context, relu: true);

    private (Tensor Output, Saved Saved) Forward(
        Parameters parameters, Tensor input, LayerContext context, bool relu)
    {
        // The managed kernel packs its panels from the images themselves; others are given the matrix.
        var isManaged = context.MatMul is ManagedMatMul;
        var groups = new ImageGroups(this, input.Shape, context, hasColumns: !isManaged);
        var output = context.Take(groups.OutputShape);
        var weight = new MatrixView(parameters.Stored(0), OutChannels, groups.Depth);
        var bias = Bias ? parameters.Stored(1) : default;
        for (var n = 0; n < groups.Examples; n += groups.Most)
        {
            var count = Math.Min(groups.Most, groups.Examples - n);
            if (isManaged)
            {
                PatchProduct.Run(
                    groups.Patches, groups.Images(input.Span, n, count), weight, bias, relu,
                    groups.Results(output.Span, n, count));
                continue;
            }
            groups.Gather(input.Span, n, count);
            context.MatMul.Multiply(weight, groups.ReadColumns(count), [], groups.Product(count), [OutChannels]);
            groups.Part(n, count, bias, relu, output.Span);
        }
        return (output.Freeze(), new(input));
    }

    // Of some examples at once: ∂L/∂w += ∂y · columnsᵀ    ∂L/∂b += sums of ∂y    ∂L/∂columns = wᵀ · ∂y
    /// <inheritdoc/>
    public override (Tensor? InputGradient, Parameters ParameterGradient) Backward(
        Parameters parameters, Saved saved, Tensor outputGradient, LayerContext context)
    {
        var input = saved.Tensor!;
        var groups = new ImageGroups(this, input.Shape, context, hasColumns: true);
        var gradient = context.TakeGradient(Layout);
        var inputGradient = context.InputGradientNeeded ? context.Take(input.Shape) : null;
        LeafSums.Of(
            new Term(
                this, groups, parameters, input.Span, outputGradient.Span, context.Take([Layout.Count]).Span,
                inputGradient is null ? default : inputGradient.Span, context.MatMul),
            gradient.Span, context);
        return (inputGradient?.Freeze(), gradient.Freeze());
    }

    /// <inheritdoc/>
    public override Tensor Formula(Tensor input, IReadOnlyList<Tensor> parameters, LayerContext context)
    {
        var (examples, rows, across) = (
            input.Shape[0], Window.Places(input.Shape[2]), Window.Places(input.Shape[3]));
        var product = parameters[0].Reshape(OutChannels, -1).MatMul(Window.Columns(input));
        var images = product.View(OutChannels, examples, rows * across).Transpose(0, 1)
            .Reshape(examples, OutChannels, rows, across);
        return Bias ? images + parameters[1].Reshape(1, -1, 1, 1) : images;
    }

    /// <inheritdoc/>
    public override string ToString() =>
        $"Conv2d({InChannels}, {OutChannels}, kernel_size=({KernelSize}, {KernelSize}), stride=({Stride}, {Stride})"
        + $"{(Padding > 0 ? $", padding=({Padding}, {Padding})" : "")}{(Bias ? "" : ", bias=False")})";

    internal string ShortName => $"Conv2d({InChannels}, {OutChannels}, {KernelSize})";

    // A leaf's groups begin with the leaf, so that its sums are the same whatever leaves are beside it.
    private readonly ref struct Term(
        Conv2d layer, ImageGroups groups, Parameters parameters, ReadOnlySpan<float> input,
        ReadOnlySpan<float> outputGradient, Span<float> product, Span<float> inputGradient, IMatMul matMul) : IRowTerm
    {
        private readonly ImageGroups _groups = groups;
        private readonly ReadOnlySpan<float> _input = input;
        private readonly ReadOnlySpan<float> _outputGradient = outputGradient;
        private readonly Span<float> _product = product;
        private readonly Span<float> _inputGradient = inputGradient;

        public void AddTo(Span<float> sum, int first, int end)
        {
            for (var n = first; n < end; n += _groups.Most)
            {
                var count = Math.Min(_groups.Most, end - n);
                var dy = _groups.Join(_outputGradient, n, count);
                _groups.Gather(_input, n, count);
                AddWeights(sum, dy, count);
                if (_inputGradient.IsEmpty) continue;
                matMul.TransposedMultiply(Weight, dy, _groups.Columns(count), [layer.OutChannels]);
                _groups.Scatter(n, count, _inputGradient);
            }
            if (layer.Bias) AddBiases(sum[Weight.Data.Length..], first, end);
        }

        private MatrixView Weight => new(parameters.Stored(0), layer.OutChannels, _groups.Depth);

        private void AddWeights(Span<float> sum, MatrixView dy, int count)
        {
            var terms = _product[..Weight.Data.Length];
            matMul.MultiplyTransposed(
                dy, _groups.ReadColumns(count), new(terms, layer.OutChannels, _groups.Depth), [layer.OutChannels]);
            VectorOperations.Add(sum[..terms.Length], terms, sum[..terms.Length]);
        }

        private void AddBiases(Span<float> sum, int first, int end)
        {
            var (channels, places) = (layer.OutChannels, _groups.Places);
            for (var o = 0; o < channels; o++)
                sum[o] += (float)new ChannelPlanes(
                    ((first * channels) + o) * places, end - first, places, channels * places).Sum(_outputGradient);
        }
    }
}
