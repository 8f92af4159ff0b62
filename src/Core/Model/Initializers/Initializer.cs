namespace ActorTrain;

/// <summary>
/// The values that a parameter begins with, as a function of the seed; PyTorch's <c>nn.init</c>. Open for extension.
/// </summary>
public abstract record Initializer
{
    /// <summary>Writes them.</summary>
    /// <param name="seed">The run's seed.</param>
    /// <param name="stream">Which parameter: no two have the same.</param>
    /// <param name="shape">PyTorch's shape: [out, in, …] of a weight.</param>
    /// <param name="values">In row-major order.</param>
    public abstract void Fill(ulong seed, uint stream, Shape shape, Span<float> values);

    /// <summary>Inputs of an output and outputs of an input, of a weight [out, in, …].</summary>
    /// <exception cref="ShapeMismatchException">Fewer than two dimensions.</exception>
    protected static (int In, int Out) FansOf(string name, Shape shape)
    {
        if (shape.Rank < 2)
            throw new ShapeMismatchException(
                name, "parameter", shape, "[out, in, …]", "Give weights only, for example by the pattern *.weight.");
        var places = shape.Count / Math.Max(1, shape[0] * shape[1]);
        return (shape[1] * places, shape[0] * places);
    }

    private protected static void Uniform(ulong seed, uint stream, float bound, Span<float> values) =>
        Philox.FillUniform(seed, RandomPurpose.Initialization, stream, -bound, bound, values);

    private protected static void Normal(ulong seed, uint stream, float mean, float deviation, Span<float> values)
    {
        Philox.FillNormal(seed, RandomPurpose.Initialization, stream, values);
        foreach (ref var value in values) value = MathF.FusedMultiplyAdd(value, deviation, mean);
    }
}

/// <summary>The same number everywhere; PyTorch's <c>init.constant_</c>.</summary>
/// <param name="Value">The number.</param>
public sealed record Constant(float Value) : Initializer
{
    /// <inheritdoc/>
    public override void Fill(ulong seed, uint stream, Shape shape, Span<float> values) => values.Fill(Value);
}

/// <summary>Uniform between two bounds; PyTorch's <c>init.uniform_</c>.</summary>
/// <param name="Low">The lower.</param>
/// <param name="High">The upper, from the lower on.</param>
public sealed record Uniform(float Low = 0, float High = 1) : Initializer
{
    /// <summary>The upper bound, from the lower on.</summary>
    public float High { get; } = High >= Low && float.IsFinite(High - Low)
        ? High
        : throw new ArgumentOutOfRangeException(
            nameof(High), High, $"Uniform: High is {High} with Low {Low}; give Low at most High.");

    /// <inheritdoc/>
    public override void Fill(ulong seed, uint stream, Shape shape, Span<float> values) =>
        Philox.FillUniform(seed, RandomPurpose.Initialization, stream, Low, High, values);
}

/// <summary>Normal; PyTorch's <c>init.normal_</c>.</summary>
/// <param name="Mean">The mean.</param>
/// <param name="Std">The standard deviation, from 0.</param>
public sealed record Normal(float Mean = 0, float Std = 1) : Initializer
{
    /// <summary>The standard deviation, from 0.</summary>
    public float Std { get; } = Allowed.From0(Std, nameof(Normal), nameof(Std));

    /// <inheritdoc/>
    public override void Fill(ulong seed, uint stream, Shape shape, Span<float> values) =>
        Normal(seed, stream, Mean, Std, values);
}

/// <summary>
/// Uniform within ±gain·√(6 / (in + out)) (Glorot and Bengio 2010); PyTorch's <c>init.xavier_uniform_</c>.
/// </summary>
/// <param name="Gain">Of the activation behind it, above 0: 1, of tanh 5/3.</param>
public sealed record XavierUniform(float Gain = 1) : Initializer
{
    /// <summary>Above 0.</summary>
    public float Gain { get; } = Allowed.Above0(Gain, nameof(XavierUniform), nameof(Gain));

    /// <inheritdoc/>
    public override void Fill(ulong seed, uint stream, Shape shape, Span<float> values)
    {
        var (fanIn, fanOut) = FansOf(nameof(XavierUniform), shape);
        Uniform(seed, stream, (float)(Gain * Math.Sqrt(6.0 / (fanIn + fanOut))), values);
    }
}

/// <summary>
/// Normal with deviation gain·√(2 / (in + out)) (Glorot and Bengio 2010); PyTorch's <c>init.xavier_normal_</c>.
/// </summary>
/// <param name="Gain">Of the activation behind it, above 0.</param>
public sealed record XavierNormal(float Gain = 1) : Initializer
{
    /// <summary>Above 0.</summary>
    public float Gain { get; } = Allowed.Above0(Gain, nameof(XavierNormal), nameof(Gain));

    /// <inheritdoc/>
    public override void Fill(ulong seed, uint stream, Shape shape, Span<float> values)
    {
        var (fanIn, fanOut) = FansOf(nameof(XavierNormal), shape);
        Normal(seed, stream, 0, (float)(Gain * Math.Sqrt(2.0 / (fanIn + fanOut))), values);
    }
}

/// <summary>
/// Uniform within ±√(6 / ((1 + a²)·in)) (He et al. 2015); PyTorch's <c>init.kaiming_uniform_</c>.
/// </summary>
/// <param name="A">Slope below 0 of the rectifier behind it, from 0; √5 is PyTorch's default for layers.</param>
public sealed record KaimingUniform(float A = 0) : Initializer
{
    /// <summary>From 0.</summary>
    public float A { get; } = Allowed.From0(A, nameof(KaimingUniform), nameof(A));

    /// <inheritdoc/>
    public override void Fill(ulong seed, uint stream, Shape shape, Span<float> values) => Uniform(
        seed, stream, (float)Math.Sqrt(6 / ((1 + ((double)A * A)) * FansOf(nameof(KaimingUniform), shape).In)), values);
}

/// <summary>
/// Normal with deviation √(2 / ((1 + a²)·in)) (He et al. 2015); PyTorch's <c>init.kaiming_normal_</c>.
/// </summary>
/// <param name="A">Slope below 0 of the rectifier behind it, from 0.</param>
public sealed record KaimingNormal(float A = 0) : Initializer
{
    /// <summary>From 0.</summary>
    public float A { get; } = Allowed.From0(A, nameof(KaimingNormal), nameof(A));

    /// <inheritdoc/>
    public override void Fill(ulong seed, uint stream, Shape shape, Span<float> values) => Normal(
        seed, stream, 0, (float)Math.Sqrt(2 / ((1 + ((double)A * A)) * FansOf(nameof(KaimingNormal), shape).In)),
        values);
}
