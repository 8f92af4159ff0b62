namespace ActorTrain;

/// <summary>Every example as one row of features, [N, …] to [N, features]; PyTorch's <c>nn.Flatten</c>.</summary>
public sealed record Flatten : Layer
{
    /// <inheritdoc/>
    public override ParameterLayout Layout => ParameterLayout.Empty;

    /// <inheritdoc/>
    public override Shape OutputShape(Shape input) => [input.Count];

    /// <inheritdoc/>
    public override (Tensor Output, Saved Saved) Forward(Parameters parameters, Tensor input, LayerContext context) =>
        (input.View(input.Shape[0], FeaturesOf(input.Shape)), new(input));

    /// <inheritdoc/>
    public override (Tensor? InputGradient, Parameters ParameterGradient) Backward(
        Parameters parameters, Saved saved, Tensor outputGradient, LayerContext context) =>
        (outputGradient.View(saved.Tensor!.Shape.ToArray()), parameters);

    /// <inheritdoc/>
    public override Tensor Formula(Tensor input, IReadOnlyList<Tensor> parameters, LayerContext context) =>
        input.Reshape(input.Shape[0], FeaturesOf(input.Shape));

    /// <inheritdoc/>
    public override string ToString() => "Flatten(start_dim=1, end_dim=-1)";

    // Not left to View as −1: of no rows there is nothing to tell it from.
    private static int FeaturesOf(Shape input)
    {
        var features = 1;
        for (var d = 1; d < input.Rank; d++) features = checked(features * input[d]);
        return features;
    }
}

/// <summary>
/// Rows of features as images, [N, C·H·W] to [N, C, H, W]; PyTorch's <c>nn.Unflatten(1, (C, H, W))</c>.
/// </summary>
/// <param name="Channels">C.</param>
/// <param name="Height">H.</param>
/// <param name="Width">W.</param>
public sealed record Unflatten(int Channels, int Height, int Width) : Layer
{
    /// <summary>C, from 1.</summary>
    public int Channels { get; } = (int)Allowed.From1(Channels, nameof(Unflatten), nameof(Channels));

    /// <summary>H, from 1.</summary>
    public int Height { get; } = (int)Allowed.From1(Height, nameof(Unflatten), nameof(Height));

    /// <summary>W, from 1.</summary>
    public int Width { get; } = (int)Allowed.From1(Width, nameof(Unflatten), nameof(Width));

    /// <inheritdoc/>
    public override ParameterLayout Layout => ParameterLayout.Empty;

    /// <inheritdoc/>
    public override Shape? InputShape { get; } = [Shape.Create([Channels, Height, Width]).Count];

    /// <inheritdoc/>
    public override Shape OutputShape(Shape input) => input == InputShape
        ? [Channels, Height, Width]
        : throw new ShapeMismatchException(
            ToString(), "input", input, $"{InputShape}", "Give images of another size.");

    /// <inheritdoc/>
    public override (Tensor Output, Saved Saved) Forward(Parameters parameters, Tensor input, LayerContext context) =>
        (input.View(input.Shape[0], Channels, Height, Width), default);

    /// <inheritdoc/>
    public override (Tensor? InputGradient, Parameters ParameterGradient) Backward(
        Parameters parameters, Saved saved, Tensor outputGradient, LayerContext context) =>
        (outputGradient.View(outputGradient.Shape[0], Channels * Height * Width), parameters);

    /// <inheritdoc/>
    public override Tensor Formula(Tensor input, IReadOnlyList<Tensor> parameters, LayerContext context) =>
        input.Reshape(input.Shape[0], Channels, Height, Width);

    /// <inheritdoc/>
    public override string ToString() => $"Unflatten(dim=1, unflattened_size=({Channels}, {Height}, {Width}))";
}
