namespace ActorTrain;

/// <summary>
/// Layers as functions of tensors; PyTorch's <c>torch.nn.functional</c>. Gradients go through all of them
/// (<see cref="Grad"/>). Losses are in the other part.
/// </summary>
public static partial class F
{
    private static readonly Kernels.ManagedMatMul Kernel = new();

    /// <summary>max(x, 0).</summary>
    public static Tensor Relu(Tensor x) => Apply(new ReLU(), x);

    /// <summary>1 / (1 + e⁻ˣ).</summary>
    public static Tensor Sigmoid(Tensor x) => Apply(new Sigmoid(), x);

    /// <summary>tanh x.</summary>
    public static Tensor Tanh(Tensor x) => Apply(new Tanh(), x);

    /// <summary>x·Φ(x).</summary>
    public static Tensor Gelu(Tensor x) => Apply(new GELU(), x);

    /// <summary>x·σ(x).</summary>
    public static Tensor Silu(Tensor x) => Apply(new SiLU(), x);

    /// <summary>x above 0, α·(eˣ − 1) elsewhere.</summary>
    public static Tensor Elu(Tensor x, float alpha = 1) => Apply(new ELU(alpha), x);

    /// <summary>x above 0, slope·x elsewhere.</summary>
    public static Tensor LeakyRelu(Tensor x, float negativeSlope = 0.01f) => Apply(new LeakyReLU(negativeSlope), x);

    /// <summary>ln(1 + e^(β·x)) / β, and x where β·x is above the threshold.</summary>
    public static Tensor Softplus(Tensor x, float beta = 1, float threshold = 20) =>
        Apply(new Softplus(beta, threshold), x);

    /// <summary>exp xᵢ / Σⱼ exp xⱼ along a dimension.</summary>
    /// <param name="x">Scores.</param>
    /// <param name="dim">Which; below 0: counted from the end.</param>
    public static Tensor Softmax(Tensor x, int dim) =>
        Apply(new Softmax(), x.Transpose(dim, -1).Contiguous()).Transpose(dim, -1).Contiguous();

    /// <summary>The logarithm of <see cref="Softmax"/>.</summary>
    /// <inheritdoc cref="Softmax"/>
    public static Tensor LogSoftmax(Tensor x, int dim) =>
        Apply(new LogSoftmax(), x.Transpose(dim, -1).Contiguous()).Transpose(dim, -1).Contiguous();

    /// <summary>x·Wᵀ + b.</summary>
    /// <param name="x">[N, in].</param>
    /// <param name="weight">[out, in].</param>
    /// <param name="bias">[out], or none.</param>
    public static Tensor Linear(Tensor x, Tensor weight, Tensor? bias = null) => weight.Shape.Rank == 2
        ? Apply(new Linear(weight.Shape[1], weight.Shape[0], bias is not null), x, Given(weight, bias))
        : throw new ShapeMismatchException(
            "Linear", "weight", weight.Shape, "[out, in]", "Give a matrix.");

    /// <summary>Convolution of images with square windows.</summary>
    /// <param name="x">[N, C, H, W].</param>
    /// <param name="weight">[out, C, k, k].</param>
    /// <param name="bias">[out], or none.</param>
    /// <param name="stride">Pixels from one place to the next.</param>
    /// <param name="padding">Zeros around each image.</param>
    public static Tensor Conv2d(Tensor x, Tensor weight, Tensor? bias = null, int stride = 1, int padding = 0)
    {
        var shape = weight.Shape;
        if (shape.Rank != 4 || shape[2] != shape[3])
            throw new ShapeMismatchException(
                "Conv2d", "weight", shape, "[out, channels, k, k]", "Give square windows.");
        return Apply(
            new Conv2d(shape[1], shape[0], shape[2], stride, padding, bias is not null), x, Given(weight, bias));
    }

    /// <summary>The largest pixel under each place of a window.</summary>
    public static Tensor MaxPool2d(Tensor x, int kernelSize, int? stride = null, int padding = 0) =>
        Apply(new MaxPool2d(kernelSize, stride, padding), x);

    /// <summary>The mean of the pixels under each place of a window.</summary>
    public static Tensor AvgPool2d(Tensor x, int kernelSize, int? stride = null, int padding = 0) =>
        Apply(new AvgPool2d(kernelSize, stride, padding), x);

    /// <summary>Features with mean 0 and variance 1 over the last dimension, then scaled.</summary>
    public static Tensor LayerNorm(Tensor x, Tensor weight, Tensor bias, float epsilon = 1e-5f) =>
        Apply(new LayerNorm(weight.Shape.Count, epsilon), x, weight, bias);

    /// <summary>Zeros with probability p, the rest divided by 1 − p, as a function of the seed.</summary>
    /// <param name="x">[N, …].</param>
    /// <param name="p">From 0, below 1.</param>
    /// <param name="seed">The seed.</param>
    /// <param name="step">Another one drops others.</param>
    public static Tensor Dropout(Tensor x, float p, ulong seed, long step = 0) =>
        Apply(new Dropout(p), x, [], new TrainingPass(seed, step, FirstRow: 0));

    /// <summary>A layer as a function of its input and of its parameters' tensors in layout order.</summary>
    /// <param name="layer">The layer; your own too.</param>
    /// <param name="input">[N, …].</param>
    /// <param name="parameters">In PyTorch's shapes.</param>
    /// <exception cref="ShapeMismatchException">A tensor has another shape than its parameter.</exception>
    public static Tensor Apply(Layer layer, Tensor input, params Tensor[] parameters) =>
        Apply(layer, input, parameters, training: null);

    /// <summary>A layer as a function of its input and of its parameters.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="input">[N, …].</param>
    /// <param name="parameters">Of its layout.</param>
    /// <param name="packed">What is kept for passes of the same parameters.</param>
    internal static Tensor Apply(Layer layer, Tensor input, Parameters parameters, PackedWeights packed) =>
        Apply(layer, input, parameters.Detach(), parameters.Tensors(), training: null, packed);

    private static Tensor Apply(Layer layer, Tensor input, Tensor[] parameters, TrainingPass? training) =>
        Apply(layer, input, Pack(layer, parameters), parameters, training);

    private static Tensor Apply(
        Layer layer, Tensor input, Parameters packed, Tensor[] parameters, TrainingPass? training,
        PackedWeights? kept = null)
    {
        var rows = input.Shape.Rank == 0 ? 1 : input.Shape[0];
        var context = new LayerContext(Kernel, new[] { rows }, training: training, packed: kept);
        if (training is null && input.Trace is null && !Array.Exists(parameters, p => p.Trace is not null))
            return layer.Evaluate(packed, input.Contiguous(), context);
        if (input.Trace is null) context = context.WithoutInputGradient();
        var (output, saved) = layer.Forward(packed, input.Detach().Contiguous(), context);
        return Trace.Of(output, [input, .. parameters], (dy, inputs) =>
        {
            if (dy.Trace is not null || Array.Exists(inputs, x => x.Trace is not null))
                return Grad.Vjp(x => layer.Formula(x[0], [.. x.Skip(1)], context), inputs).Pullback(dy);
            var (inputGradient, gradient) = layer.Backward(packed, saved, dy.Contiguous(), context);
            return [inputGradient, .. layer.Layout.Slots.Select(slot => Gradient(slot, gradient))];
        });
    }

    // A running statistic has none: what stands in its place moves it in training.
    private static Tensor? Gradient(ParameterSlot slot, Parameters gradient) =>
        slot.StatisticMomentum > 0 ? null : gradient[slot.Name];

    /// <summary>A layer's parameters, from their tensors in layout order.</summary>
    /// <exception cref="ArgumentException">Not one tensor for each parameter.</exception>
    /// <exception cref="ShapeMismatchException">A tensor has another shape than its parameter.</exception>
    internal static Parameters Pack(Layer layer, Tensor[] parameters)
    {
        var slots = layer.Layout.Slots;
        if (parameters.Length != slots.Length)
            throw new ArgumentException(
                $"F.Apply: {layer} has {slots.Length} parameters, {parameters.Length} are given; give "
                + $"{string.Join(", ", slots.Select(s => s.Name))}.", nameof(parameters));
        var buffer = new ParameterBuffer(layer.Layout, AlignedMemory.Allocate(layer.Layout.Count));
        for (var i = 0; i < slots.Length; i++)
        {
            if (parameters[i].Shape != slots[i].Shape)
                throw new ShapeMismatchException(
                    layer.ToString(), slots[i].Name, parameters[i].Shape, slots[i].Shape.ToString(),
                    "Give the parameter's shape.");
            var stored = slots[i].StoredTransposed ? parameters[i].Detach().T() : parameters[i].Detach();
            stored.Contiguous().Span.CopyTo(buffer.Stored(i));
        }
        return buffer.Freeze();
    }

    private static Tensor[] Given(Tensor weight, Tensor? bias) => bias is null ? [weight] : [weight, bias];
}
