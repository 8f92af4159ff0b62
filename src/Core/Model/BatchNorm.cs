using System.Runtime.InteropServices;
using ActorTrain.Kernels;

namespace ActorTrain;

/// <summary>
/// Each channel with mean 0 and variance 1 over a microbatch, then scaled, y = (x − µ) / √(σ² + ε) · w + b (Ioffe and
/// Szegedy 2015). A pass that trains uses µ and σ² of each microbatch's own rows, as PyTorch does on each replica, so
/// they do not depend on who computes what; with one microbatch they are the minibatch's. A single value for each
/// channel, whose variance is 0, is refused. Other passes use the running statistics, which are parameters that no
/// optimiser trains: each update moves them towards the minibatch's.
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

    /// <summary>2 where a row has one value for each channel, else 1.</summary>
    /// <inheritdoc/>
    public sealed override int FewestRows(Shape input) => input.Count == Features ? 2 : 1;

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
        var groups = new Groups(this, input.Shape, context);
        var moments = context.Take([groups.Count, Features, Moments.Length]);
        var first = 0;
        for (var group = 0; group < groups.Count; group++)
        {
            var rows = groups.Rows(group);
            if (groups.IsTraining && rows * groups.Places == 1)
                throw new ShapeMismatchException(
                    $"{GetType().Name}({Features})", "a microbatch", Shape.Create([1, .. input.Shape.ToArray()[1..]]),
                    "more than one value for each channel in training",
                    "Give larger minibatches or fewer microbatches.");
            for (var c = 0; c < Features; c++)
            {
                var channel = groups.Channel(first, rows, c);
                var of = groups.IsTraining ? Moments.Of(x, channel, Epsilon) : Moments.Running(parameters, c, Epsilon);
                of.CopyTo(moments.Span, (group * Features) + c);
                channel.Normalize(x, of.Mean, of.Scale, parameters.Stored(0)[c], parameters.Stored(1)[c], y);
            }
            first += rows;
        }
        var saved = context.TakeSaved(1);
        saved[0] = new(moments.Freeze());
        return (output.Freeze(), new(input, ImmutableCollectionsMarshal.AsImmutableArray(saved)));
    }

    // With x̂ = (x − µ)/σ and g = ∂y·w, over a microbatch: ∂L/∂x = (g − mean g − x̂·mean(g·x̂)) / σ, and where µ and σ
    // are constants g / σ    ∂L/∂w = Σ ∂y·x̂    ∂L/∂b = Σ ∂y
    /// <inheritdoc/>
    public sealed override (Tensor? InputGradient, Parameters ParameterGradient) Backward(
        Parameters parameters, Saved saved, Tensor outputGradient, LayerContext context)
    {
        var input = saved.Tensor!;
        var moments = saved.Children[0].Tensor!.Span;
        var groups = new Groups(this, input.Shape, context);
        var gradient = context.TakeGradient(Layout);
        var inputGradient = context.Take(input.Shape);
        var leaves = context.Take([context.LeafRows.Length, Layout.Count]).Span;
        var first = 0;
        for (var leaf = 0; leaf < context.LeafRows.Length; leaf++)
        {
            var rows = context.LeafRows[leaf];
            for (var c = 0; c < Features; c++)
                Channel(
                    groups.Channel(first, rows, c),
                    Moments.From(moments, ((groups.IsTraining ? leaf : 0) * Features) + c),
                    parameters.Stored(0)[c], groups.IsTraining, input.Span, outputGradient.Span, inputGradient.Span,
                    leaves.Slice(leaf * Layout.Count, Layout.Count)[c..]);
            first += rows;
        }
        LeafSums.OfLeaves(leaves, gradient.Span, context);
        return (context.InputGradientNeeded ? inputGradient.Freeze() : null, gradient.Freeze());
    }

    /// <inheritdoc/>
    public sealed override Tensor Formula(Tensor input, IReadOnlyList<Tensor> parameters, LayerContext context) =>
        F.BatchNorm(
            input, new(parameters[2], parameters[3]), parameters[0], parameters[1], context.Training is not null,
            Momentum, Epsilon).Output;

    /// <summary>µ and 1/√(σ² + ε) of each channel, in passes that do not train.</summary>
    internal void RunningMoments(Parameters parameters, Span<float> means, Span<float> scales)
    {
        for (var c = 0; c < Features; c++)
            (means[c], scales[c], _) = Moments.Running(parameters, c, Epsilon);
    }

    // What one channel of one leaf adds; statistics times rows, since the sum over leaves is divided by all rows.
    private void Channel(
        ChannelPlanes channel, Moments moments, float weight, bool isTraining, ReadOnlySpan<float> x,
        ReadOnlySpan<float> dy, Span<float> dx, Span<float> sums)
    {
        var sum = channel.Sum(dy);
        var product = channel.Products(x, dy, moments.Mean, moments.Scale);
        var (meanG, meanProduct) = isTraining
            ? ((float)(sum / channel.Count), (float)(product / channel.Count))
            : (0, 0);
        channel.NormalizeBackward(x, dy, (moments.Mean, moments.Scale, weight), meanG, meanProduct, dx);
        sums[0] = (float)product;
        sums[Features] = (float)sum;
        sums[2 * Features] = channel.Rows * moments.Mean;
        sums[3 * Features] = channel.Rows * moments.Variance;
    }

    /// <summary>What a channel is normalised with.</summary>
    /// <param name="Mean">µ.</param>
    /// <param name="Scale">1/√(σ² + ε).</param>
    /// <param name="Variance">σ² of a sample (Bessel), towards which the running variance goes.</param>
    private readonly record struct Moments(float Mean, float Scale, float Variance)
    {
        public const int Length = 3;

        public static Moments Of(ReadOnlySpan<float> x, ChannelPlanes channel, float epsilon)
        {
            var (mean, count) = (channel.Sum(x) / channel.Count, channel.Count);
            var squares = channel.Squares(x, mean);
            return new(
                (float)mean, (float)(1 / Math.Sqrt((squares / count) + epsilon)),
                (float)(squares / (count - 1)));
        }

        public static Moments Running(Parameters parameters, int c, float epsilon)
        {
            var variance = parameters.Stored(3)[c];
            return new(parameters.Stored(2)[c], (float)(1 / Math.Sqrt((double)variance + epsilon)), variance);
        }

        public static Moments From(ReadOnlySpan<float> all, int index) =>
            new(all[index * Length], all[(index * Length) + 1], all[(index * Length) + 2]);

        public void CopyTo(Span<float> all, int index) =>
            (all[index * Length], all[(index * Length) + 1], all[(index * Length) + 2]) = (Mean, Scale, Variance);
    }

    /// <summary>The rows that share their moments: a leaf each where a pass trains, else all.</summary>
    private readonly ref struct Groups
    {
        private readonly int _features;
        private readonly int _rows;
        private readonly ReadOnlySpan<int> _leafRows;

        public Groups(BatchNorm layer, Shape input, LayerContext context)
        {
            layer.OutputShape(input.Rank == 0 ? input : Shape.Create(input.ToArray().AsSpan(1)));
            (_features, _rows) = (layer.Features, input[0]);
            _leafRows = context.LeafRows;
            IsTraining = context.Training is not null;
            Places = input.Count / Math.Max(1, input[0] * layer.Features);
        }

        public bool IsTraining { get; }
        public int Count => IsTraining ? _leafRows.Length : 1;
        public int Places { get; }

        public int Rows(int group) => IsTraining ? _leafRows[group] : _rows;

        public ChannelPlanes Channel(int first, int rows, int c) =>
            new(((first * _features) + c) * Places, rows, Places, _features * Places);
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
