using ActorTrain.Kernels;

namespace ActorTrain;

/// <summary>
/// A fully connected layer, y = x·Wᵀ + b, for x [N, in], W [out, in], b [out], y [N, out]; PyTorch's <c>nn.Linear</c>.
/// </summary>
/// <param name="InFeatures">Features of an input example.</param>
/// <param name="OutFeatures">Features of an output example.</param>
/// <param name="Bias">Whether there is a b.</param>
public sealed record Linear(int InFeatures, int OutFeatures, bool Bias = true) : Layer, IBeforeReLU
{
    /// <summary>Features of an input example, at least 1.</summary>
    public int InFeatures { get; } = AtLeastOne(InFeatures, nameof(InFeatures));

    /// <summary>Features of an output example, at least 1.</summary>
    public int OutFeatures { get; } = AtLeastOne(OutFeatures, nameof(OutFeatures));

    /// <summary><c>weight</c> [out, in] and <c>bias</c> [out] if there is one.</summary>
    /// <remarks>
    /// The weight is stored as [in, out], so that forward and gradient read and write it without packing.
    /// </remarks>
    public override ParameterLayout Layout { get; } = Bias
        ? ParameterLayout.Of(("weight", [OutFeatures, InFeatures], true), ("bias", [OutFeatures], false))
        : ParameterLayout.Of(("weight", [OutFeatures, InFeatures], true));

    /// <inheritdoc/>
    public override Shape? InputShape => [InFeatures];

    /// <inheritdoc/>
    public override Shape OutputShape(Shape input) => input == [InFeatures]
        ? [OutFeatures]
        : throw new ShapeMismatchException($"Linear({InFeatures}, {OutFeatures})", "input", input, $"[{InFeatures}]",
            input.Rank == 1 ? $"Use Linear({input[0]}, {OutFeatures})." : $"Flatten it to [{input.Count}] first.");

    /// <summary>Weight and bias uniform in ±1/√in: PyTorch's default (He et al. 2015 with a = √5).</summary>
    /// <inheritdoc/>
    public override void Initialize(ulong seed, int offset, ParameterBuffer parameters)
    {
        var bound = 1f / MathF.Sqrt(InFeatures);
        var weight = new float[OutFeatures * InFeatures];
        Philox.FillUniform(seed, RandomPurpose.Initialization, (uint)offset, -bound, bound, weight);
        var stored = parameters.Stored(0);
        for (var o = 0; o < OutFeatures; o++)
            for (var i = 0; i < InFeatures; i++) stored[(i * OutFeatures) + o] = weight[(o * InFeatures) + i];
        if (!Bias) return;
        Philox.FillUniform(
            seed, RandomPurpose.Initialization, (uint)(offset + weight.Length), -bound, bound, parameters.Stored(1));
    }

    // y = x Wᵀ + b
    /// <inheritdoc/>
    public override (Tensor Output, Saved Saved) Forward(Parameters parameters, Tensor input, LayerContext context) =>
        Forward(parameters, input, context, relu: false);

    (Tensor Output, Saved Saved) IBeforeReLU.Forward(
        Parameters parameters, Tensor input, LayerContext context) =>
        Forward(parameters, input, context, relu: true);

    private (Tensor Output, Saved Saved) Forward(
        Parameters parameters, Tensor input, LayerContext context, bool relu)
    {
        var rows = CheckedRows(input, InFeatures, "input");
        var output = context.Take([rows, OutFeatures]);
        var x = new MatrixView(input.Span, rows, InFeatures);
        var y = new MatrixSpan(output.Span, rows, OutFeatures);
        var weight = new MatrixView(parameters.Stored(0), InFeatures, OutFeatures);
        var bias = Bias ? parameters.Stored(1) : default;
        if (relu) context.MatMul.MultiplyRelu(x, weight, bias, y, context.LeafRows);
        else context.MatMul.Multiply(x, weight, bias, y, context.LeafRows);
        return (output.Freeze(), new(input));
    }

    // ∂L/∂W = ∂yᵀ x (stored transposed: xᵀ ∂y)    ∂L/∂b = sum of the rows of ∂y    ∂L/∂x = ∂y W
    /// <inheritdoc/>
    public override (Tensor? InputGradient, Parameters ParameterGradient) Backward(
        Parameters parameters, Saved saved, Tensor outputGradient, LayerContext context)
    {
        var input = saved.Tensor!;
        var rows = CheckedRows(outputGradient, OutFeatures, "output gradient");
        var gradient = context.TakeGradient(Layout);
        var dy = new MatrixView(outputGradient.Span, rows, OutFeatures);
        context.MatMul.TransposedMultiply(
            new(input.Span, rows, InFeatures), dy, new(gradient.Stored(0), InFeatures, OutFeatures), context.LeafRows);
        if (Bias) RowSums.Tree(dy, gradient.Stored(1), context.LeafRows);
        if (!context.InputGradientNeeded) return (null, gradient.Freeze());
        var inputGradient = context.Take([rows, InFeatures]);
        context.MatMul.MultiplyTransposed(dy, new(parameters.Stored(0), InFeatures, OutFeatures),
            new(inputGradient.Span, rows, InFeatures), context.LeafRows);
        return (inputGradient.Freeze(), gradient.Freeze());
    }

    /// <inheritdoc/>
    public override Tensor Formula(Tensor input, IReadOnlyList<Tensor> parameters, LayerContext context)
    {
        var product = input.MatMul(parameters[0].T());
        return Bias ? product + parameters[1] : product;
    }

    /// <inheritdoc/>
    public override string ToString() => $"Linear(in_features={InFeatures}, out_features={OutFeatures}, bias={Bias})";

    private int CheckedRows(Tensor tensor, int features, string operand) =>
        tensor.Shape.Rank == 2 && tensor.Shape[1] == features
            ? tensor.Shape[0]
            : throw new ShapeMismatchException(
                $"Linear({InFeatures}, {OutFeatures})", operand, tensor.Shape, $"[N, {features}]",
                $"Give {features} features.");

    private static int AtLeastOne(int features, string name) => features >= 1
        ? features
        : throw new ArgumentOutOfRangeException(name, features, $"Linear: {name} is {features}; give 1 or more.");
}
