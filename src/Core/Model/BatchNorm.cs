namespace ActorTrain;

/// <summary>
/// Each channel with mean 0 and variance 1 over a microbatch, then scaled, y = (x − µ) / √(σ² + ε) · w + b (Ioffe and
/// Szegedy 2015). A pass that trains uses µ and σ² of each microbatch's own rows, as PyTorch does on each replica, so
/// they do not depend on who computes what; with one microbatch they are the minibatch's. Other passes use the running
/// statistics, which are parameters that no optimiser trains: each update moves them towards the minibatch's.
/// </summary>
public abstract record BatchNorm : Layer
{
    private protected BatchNorm(string name, int features, float epsilon, float momentum)
    {
        Features = (int)Allowed.From1(features, name, nameof(Features));
        Epsilon = Allowed.Above0(epsilon, name, nameof(Epsilon));
        Momentum = (float)Allowed.Above0Below1(momentum, name, nameof(Momentum));
        Layout = ParameterLayout.Of(("weight", [Features], false), ("bias", [Features], false))
            .WithStatistics(Momentum, ("running_mean", [Features]), ("running_var", [Features]));
    }

    /// <summary>C, channels, from 1.</summary>
    public int Features { get; }

    /// <summary>ε, above 0.</summary>
    public float Epsilon { get; }

    /// <summary>How far the running statistics go towards a minibatch's, above 0, below 1.</summary>
    public float Momentum { get; }

    /// <summary><c>weight</c>, <c>bias</c>, <c>running_mean</c> and <c>running_var</c>, all [C].</summary>
    public sealed override ParameterLayout Layout { get; }

    /// <inheritdoc/>
    public sealed override bool KeepsShape => true;

    /// <summary>Weight 1, bias 0; mean 0, variance 1.</summary>
    /// <inheritdoc/>
    public sealed override void Initialize(ulong seed, int offset, ParameterBuffer parameters)
    {
        parameters.Span.Clear();
        parameters.Stored(0).Fill(1);
        parameters.Stored(3).Fill(1);
    }

    /// <inheritdoc/>
    public sealed override (Tensor Output, Saved Saved) Forward(
        Parameters parameters, Tensor input, LayerContext context)
    {
        var output = context.Take(input.Shape);
        var x = input.Span;
        var y = output.Span;
        var groups = new Groups(this, parameters, input, context);
        for (var group = 0; group < groups.Count; group++)
            for (var c = 0; c < Features; c++)
            {
                var (mean, scale) = groups.Moments(x, group, c);
                var (weight, bias) = (parameters.Stored(0)[c], parameters.Stored(1)[c]);
                for (var row = groups.First(group); row < groups.First(group + 1); row++)
                {
                    var start = groups.Start(row, c);
                    for (var i = start; i < start + groups.Places; i++)
                        y[i] = ((x[i] - mean) * scale * weight) + bias;
                }
            }
        return (output.Freeze(), new(input));
    }

    // With x̂ = (x − µ)/σ and g = ∂y·w, over a microbatch: ∂L/∂x = (g − mean g − x̂·mean(g·x̂)) / σ, and where µ and σ
    // are constants g / σ    ∂L/∂w = Σ ∂y·x̂    ∂L/∂b = Σ ∂y
    /// <inheritdoc/>
    public sealed override (Tensor? InputGradient, Parameters ParameterGradient) Backward(
        Parameters parameters, Saved saved, Tensor outputGradient, LayerContext context)
    {
        var input = saved.Tensor!;
        var groups = new Groups(this, parameters, input, context);
        var gradient = context.TakeGradient(Layout);
        var inputGradient = context.Take(input.Shape);
        var leaves = context.Take([context.LeafRows.Length, Layout.Count]).Span;
        for (var leaf = 0; leaf < context.LeafRows.Length; leaf++)
            for (var c = 0; c < Features; c++)
                Channel(
                    groups, parameters, leaf, c, input.Span, outputGradient.Span, inputGradient.Span,
                    leaves.Slice(leaf * Layout.Count, Layout.Count));
        LeafSums.OfLeaves(leaves, gradient.Span, context);
        return (context.InputGradientNeeded ? inputGradient.Freeze() : null, gradient.Freeze());
    }

    /// <inheritdoc/>
    public sealed override Tensor Formula(Tensor input, IReadOnlyList<Tensor> parameters, LayerContext context) =>
        F.BatchNorm(
            input, new(parameters[2], parameters[3]), parameters[0], parameters[1], context.Training is not null,
            Momentum, Epsilon).Output;

    // What one channel of one leaf adds; statistics times rows, since the sum over leaves is divided by all rows.
    private void Channel(
        Groups groups, Parameters parameters, int leaf, int c, ReadOnlySpan<float> x, ReadOnlySpan<float> dy,
        Span<float> dx, Span<float> sums)
    {
        var group = groups.OfLeaf(leaf);
        var (mean, scale) = groups.Moments(x, group, c);
        var (weight, first, end) = (parameters.Stored(0)[c], groups.FirstOfLeaf(leaf), groups.FirstOfLeaf(leaf + 1));
        var (sum, product) = (0.0, 0.0);
        for (var row = first; row < end; row++)
        {
            var start = groups.Start(row, c);
            for (var i = start; i < start + groups.Places; i++)
            {
                sum += dy[i];
                product += (double)dy[i] * ((x[i] - mean) * scale);
            }
        }
        var count = (double)(end - first) * groups.Places;
        var meanG = groups.IsTraining ? (float)(sum / count) : 0;
        var meanProduct = groups.IsTraining ? (float)(product / count) : 0;
        for (var row = first; row < end; row++)
        {
            var start = groups.Start(row, c);
            for (var i = start; i < start + groups.Places; i++)
                dx[i] = (dy[i] - meanG - ((x[i] - mean) * scale * meanProduct)) * scale * weight;
        }
        var (batchMean, batchVariance) = groups.Statistics(x, group, c);
        sums[c] = (float)product;
        sums[Features + c] = (float)sum;
        sums[(2 * Features) + c] = (end - first) * batchMean;
        sums[(3 * Features) + c] = (end - first) * batchVariance;
    }

    /// <summary>The rows that share their moments: a leaf each where a pass trains, else all.</summary>
    private readonly ref struct Groups
    {
        private readonly BatchNorm _layer;
        private readonly Parameters _parameters;
        private readonly ReadOnlySpan<int> _leafRows;
        private readonly int _rows;

        public Groups(BatchNorm layer, Parameters parameters, Tensor input, LayerContext context)
        {
            var shape = input.Shape;
            layer.OutputShape(shape.Rank == 0 ? shape : Shape.Create(shape.ToArray().AsSpan(1)));
            (_layer, _parameters, _rows) = (layer, parameters, shape[0]);
            _leafRows = context.LeafRows;
            IsTraining = context.Training is not null;
            Places = shape.Count / Math.Max(1, shape[0] * layer.Features);
        }

        public bool IsTraining { get; }
        public int Places { get; }
        public int Count => IsTraining ? _leafRows.Length : 1;

        public int OfLeaf(int leaf) => IsTraining ? leaf : 0;
        public int First(int group) => IsTraining ? FirstOfLeaf(group) : group * _rows;
        public int Start(int row, int c) => ((row * _layer.Features) + c) * Places;

        public int FirstOfLeaf(int leaf)
        {
            var first = 0;
            for (var i = 0; i < leaf; i++) first += _leafRows[i];
            return first;
        }

        /// <summary>µ and 1/√(σ² + ε).</summary>
        public (float Mean, float Scale) Moments(ReadOnlySpan<float> x, int group, int c)
        {
            var (mean, variance, _) = Exact(x, group, c);
            return ((float)mean, (float)(1 / Math.Sqrt(variance + _layer.Epsilon)));
        }

        /// <summary>µ, and σ² of a sample (Bessel), towards which the running statistics go.</summary>
        public (float Mean, float Variance) Statistics(ReadOnlySpan<float> x, int group, int c)
        {
            var (mean, variance, count) = Exact(x, group, c);
            return ((float)mean, (float)(IsTraining && count > 1 ? variance * count / (count - 1) : variance));
        }

        private (double Mean, double Variance, int Count) Exact(ReadOnlySpan<float> x, int group, int c)
        {
            if (!IsTraining) return (_parameters.Stored(2)[c], _parameters.Stored(3)[c], 0);
            var (first, end) = (First(group), First(group + 1));
            var (sum, squares, count) = (0.0, 0.0, (end - first) * Places);
            for (var row = first; row < end; row++)
                foreach (var value in x.Slice(Start(row, c), Places)) sum += value;
            var mean = sum / count;
            for (var row = first; row < end; row++)
                foreach (var value in x.Slice(Start(row, c), Places)) squares += (value - mean) * (value - mean);
            return (mean, squares / count, count);
        }
    }
}

/// <summary><see cref="BatchNorm"/> of features, [N, C]; PyTorch's <c>nn.BatchNorm1d</c>.</summary>
public sealed record BatchNorm1d : BatchNorm
{
    /// <summary>A normalisation.</summary>
    /// <param name="features">C.</param>
    /// <param name="epsilon">ε.</param>
    /// <param name="momentum">How far the running statistics go towards a minibatch's.</param>
    public BatchNorm1d(int features, float epsilon = 1e-5f, float momentum = 0.1f)
        : base(nameof(BatchNorm1d), features, epsilon, momentum)
    {
    }

    /// <inheritdoc/>
    public override Shape? InputShape => [Features];

    /// <inheritdoc/>
    public override Shape OutputShape(Shape input) => input == [Features]
        ? input
        : throw new ShapeMismatchException(
            $"BatchNorm1d({Features})", "input", input, $"[{Features}]",
            input.Rank == 1 ? $"Use BatchNorm1d({input[0]})." : "Flatten it first, or use BatchNorm2d for images.");

    /// <inheritdoc/>
    public override string ToString() => string.Create(
        System.Globalization.CultureInfo.InvariantCulture,
        $"BatchNorm1d({Features}, eps={Epsilon}, momentum={Momentum})");
}

/// <summary><see cref="BatchNorm"/> of images, [N, C, H, W]; PyTorch's <c>nn.BatchNorm2d</c>.</summary>
public sealed record BatchNorm2d : BatchNorm
{
    /// <summary>A normalisation.</summary>
    /// <param name="features">C.</param>
    /// <param name="epsilon">ε.</param>
    /// <param name="momentum">How far the running statistics go towards a minibatch's.</param>
    public BatchNorm2d(int features, float epsilon = 1e-5f, float momentum = 0.1f)
        : base(nameof(BatchNorm2d), features, epsilon, momentum)
    {
    }

    /// <inheritdoc/>
    public override Shape OutputShape(Shape input) => input.Rank == 3 && input[0] == Features
        ? input
        : throw new ShapeMismatchException(
            $"BatchNorm2d({Features})", "input", input, $"[{Features}, height, width]",
            input.Rank == 3 ? $"Use BatchNorm2d({input[0]})." : "Give images, or use BatchNorm1d for features.");

    /// <inheritdoc/>
    public override string ToString() => string.Create(
        System.Globalization.CultureInfo.InvariantCulture,
        $"BatchNorm2d({Features}, eps={Epsilon}, momentum={Momentum})");
}
