namespace ActorTrain;

/// <summary>
/// Each example's features with mean 0 and variance 1, then scaled, y = (x − µ) / √(σ² + ε) · w + b with µ and σ² over
/// the last dimension (Ba et al. 2016); PyTorch's <c>nn.LayerNorm(features)</c>.
/// </summary>
/// <param name="Features">Size of the last dimension.</param>
/// <param name="Epsilon">ε, above 0.</param>
public sealed record LayerNorm(int Features, float Epsilon = 1e-5f) : Layer
{
    /// <summary>Size of the last dimension, from 1.</summary>
    public int Features { get; } = (int)Allowed.From1(Features, nameof(LayerNorm), nameof(Features));

    /// <summary>ε, above 0.</summary>
    public float Epsilon { get; } = Allowed.Above0(Epsilon, nameof(LayerNorm), nameof(Epsilon));

    /// <summary><c>weight</c> and <c>bias</c>, both [features].</summary>
    public override ParameterLayout Layout { get; } =
        ParameterLayout.Of(("weight", [Features], false), ("bias", [Features], false));

    /// <inheritdoc/>
    public override bool KeepsShape => true;

    /// <inheritdoc/>
    public override Shape OutputShape(Shape input) => input.Rank >= 1 && input[^1] == Features
        ? input
        : throw new ShapeMismatchException(
            $"LayerNorm({Features})", "input", input, $"[…, {Features}]",
            input.Rank == 0 ? "Give features." : $"Use LayerNorm({input[^1]}).");

    /// <summary>Weight 1, bias 0.</summary>
    /// <inheritdoc/>
    public override void Initialize(ulong seed, int offset, ParameterBuffer parameters)
    {
        parameters.Stored(0).Fill(1);
        parameters.Stored(1).Clear();
    }

    /// <inheritdoc/>
    public override (Tensor Output, Saved Saved) Forward(Parameters parameters, Tensor input, LayerContext context)
    {
        OutputShape(input.Shape);
        var output = context.Take(input.Shape);
        var x = input.Span;
        var y = output.Span;
        var w = parameters.Stored(0);
        var b = parameters.Stored(1);
        for (var start = 0; start < x.Length; start += Features)
        {
            var (mean, scale) = Moments(x.Slice(start, Features));
            for (var i = 0; i < Features; i++) y[start + i] = ((x[start + i] - mean) * scale * w[i]) + b[i];
        }
        return (output.Freeze(), new(input));
    }

    // With x̂ = (x − µ)/σ and g = ∂y·w: ∂L/∂x = (g − mean g − x̂·mean(g·x̂)) / σ    ∂L/∂w = Σ ∂y·x̂    ∂L/∂b = Σ ∂y
    /// <inheritdoc/>
    public override (Tensor? InputGradient, Parameters ParameterGradient) Backward(
        Parameters parameters, Saved saved, Tensor outputGradient, LayerContext context)
    {
        var x = saved.Tensor!.Span;
        var dy = outputGradient.Span;
        var gradient = context.TakeGradient(Layout);
        LeafSums.Of(new ParameterTerm(this, x, dy, context), gradient.Span, context);
        if (!context.InputGradientNeeded) return (null, gradient.Freeze());
        var inputGradient = context.Take(outputGradient.Shape);
        var dx = inputGradient.Span;
        var w = parameters.Stored(0);
        for (var start = 0; start < x.Length; start += Features)
        {
            var (mean, scale) = Moments(x.Slice(start, Features));
            var (sum, product) = (0.0, 0.0);
            for (var i = 0; i < Features; i++)
            {
                var g = (double)dy[start + i] * w[i];
                sum += g;
                product += g * ((x[start + i] - mean) * scale);
            }
            var (meanG, meanProduct) = ((float)(sum / Features), (float)(product / Features));
            for (var i = 0; i < Features; i++)
            {
                var normalized = (x[start + i] - mean) * scale;
                dx[start + i] = ((dy[start + i] * w[i]) - meanG - (normalized * meanProduct)) * scale;
            }
        }
        return (inputGradient.Freeze(), gradient.Freeze());
    }

    /// <inheritdoc/>
    public override Tensor Formula(Tensor input, IReadOnlyList<Tensor> parameters, LayerContext context)
    {
        var centred = input - input.Mean(-1, keepDim: true);
        var variance = (centred * centred).Mean(-1, keepDim: true);
        return (centred / (variance + Epsilon).Sqrt() * parameters[0]) + parameters[1];
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(
        System.Globalization.CultureInfo.InvariantCulture,
        $"LayerNorm(({Features},), eps={Epsilon}, elementwise_affine=True)");

    // Mean and 1/√(σ² + ε).
    private (float Mean, float Scale) Moments(ReadOnlySpan<float> x)
    {
        var (sum, squares) = (0.0, 0.0);
        foreach (var value in x) sum += value;
        var mean = sum / x.Length;
        foreach (var value in x) squares += (value - mean) * (value - mean);
        return ((float)mean, (float)(1 / Math.Sqrt((squares / x.Length) + Epsilon)));
    }

    // A row of the batch may hold several runs of features.
    private readonly ref struct ParameterTerm(
        LayerNorm layer, ReadOnlySpan<float> x, ReadOnlySpan<float> dy, LayerContext context) : IRowTerm
    {
        private readonly ReadOnlySpan<float> _x = x;
        private readonly ReadOnlySpan<float> _dy = dy;
        private readonly int _rowLength = x.Length / Rows(context.LeafRows);

        public void AddTo(Span<float> sum, int first, int end)
        {
            for (var start = first * _rowLength; start < end * _rowLength; start += layer.Features)
            {
                var (mean, scale) = layer.Moments(_x.Slice(start, layer.Features));
                for (var i = 0; i < layer.Features; i++)
                {
                    sum[i] += _dy[start + i] * ((_x[start + i] - mean) * scale);
                    sum[layer.Features + i] += _dy[start + i];
                }
            }
        }

        private static int Rows(ReadOnlySpan<int> leafRows)
        {
            var rows = 0;
            foreach (var leaf in leafRows) rows += leaf;
            return Math.Max(1, rows);
        }
    }
}
