namespace ActorTrain;

/// <summary>
/// In training each element is 0 with probability p and else divided by 1 − p, elsewhere the input itself (Srivastava
/// et al. 2014); PyTorch's <c>nn.Dropout</c>. What is dropped is a function of seed, step, row of the minibatch, place
/// in the model and element, so it does not depend on who computes the row.
/// </summary>
/// <param name="P">p, from 0, below 1.</param>
public sealed record Dropout(float P = 0.5f) : Layer
{
    private const int WordsPerBlock = 4;

    /// <summary>p, from 0, below 1.</summary>
    public float P { get; } = Allowed.From0Below1(P, nameof(Dropout), nameof(P));

    /// <inheritdoc/>
    public override ParameterLayout Layout => ParameterLayout.Empty;

    /// <inheritdoc/>
    public override bool KeepsShape => true;

    /// <inheritdoc/>
    public override Shape OutputShape(Shape input) => input;

    /// <inheritdoc/>
    public override (Tensor Output, Saved Saved) Forward(Parameters parameters, Tensor input, LayerContext context)
    {
        if (context.Training is not { } training || P == 0) return (input, default);
        var (mask, output) = (context.Take(input.Shape), context.Take(input.Shape));
        var rows = input.Shape[0];
        for (var row = 0; row < rows; row++)
            Fill(training, row, mask.Span.Slice(row * (input.Span.Length / rows), input.Span.Length / rows));
        Multiply(input.Span, mask.Span, output.Span);
        return (output.Freeze(), new(mask.Freeze()));
    }

    /// <inheritdoc/>
    public override (Tensor? InputGradient, Parameters ParameterGradient) Backward(
        Parameters parameters, Saved saved, Tensor outputGradient, LayerContext context)
    {
        if (saved.Tensor is not { } mask) return (outputGradient, parameters);
        var inputGradient = context.Take(outputGradient.Shape);
        Multiply(outputGradient.Span, mask.Span, inputGradient.Span);
        return (inputGradient.Freeze(), parameters);
    }

    /// <inheritdoc/>
    public override Tensor Formula(Tensor input, IReadOnlyList<Tensor> parameters, LayerContext context) =>
        input * Forward(default, Tensor.Ones(input.Shape), context).Output;

    /// <inheritdoc/>
    public override string ToString() => string.Create(
        System.Globalization.CultureInfo.InvariantCulture, $"Dropout(p={P})");

    private void Fill(TrainingPass training, int row, Span<float> mask)
    {
        var blocks = (ulong)((mask.Length + WordsPerBlock - 1) / WordsPerBlock);
        var index = ((ulong)training.Place << 40) + ((ulong)(training.FirstRow + row) * blocks);
        var (kept, scale) = ((uint)((1 - (double)P) * uint.MaxValue), 1 / (1 - P));
        for (var i = 0; i < mask.Length; i += WordsPerBlock, index++)
        {
            var (x0, x1, x2, x3) = Philox.Block(training.Seed, RandomPurpose.Dropout, (uint)training.Step, index);
            ReadOnlySpan<uint> words = [x0, x1, x2, x3];
            var count = Math.Min(WordsPerBlock, mask.Length - i);
            for (var j = 0; j < count; j++) mask[i + j] = words[j] <= kept ? scale : 0;
        }
    }

    private static void Multiply(ReadOnlySpan<float> x, ReadOnlySpan<float> mask, Span<float> y)
    {
        for (var i = 0; i < y.Length; i++) y[i] = x[i] * mask[i];
    }
}
