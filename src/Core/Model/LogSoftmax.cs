using System.Runtime.CompilerServices;
using ActorTrain.Kernels;

namespace ActorTrain;

/// <summary>
/// Logarithm of softmax over the last dimension, yᵢ = xᵢ − log Σⱼ exp xⱼ; PyTorch's <c>nn.LogSoftmax(dim=-1)</c>.
/// Its outputs are log-probabilities; <see cref="NLLLoss"/> belongs behind it.
/// </summary>
public sealed record LogSoftmax : RowFunction
{
    private const int BlockFloats = 1024;
    private const int MostRows = 64;

    // y = x − m − log Σ exp(x − m), m = max x: the largest exponent is 0, so nothing overflows
    private protected override void Values(ReadOnlySpan<float> x, Span<float> y, int classes) => Rows(x, y, classes);

    // ∂L/∂x = ∂y − exp(y) Σ ∂y
    private protected override void Slopes(
        ReadOnlySpan<float> y, ReadOnlySpan<float> dy, Span<float> dx, int classes)
    {
        ElementwiseMath.Exp(y, dx);
        for (var start = 0; start < dx.Length; start += classes)
        {
            var sum = 0f;
            for (var i = start; i < start + classes; i++) sum += dy[i];
            for (var i = start; i < start + classes; i++) dx[i] = dy[i] - (dx[i] * sum);
        }
    }

    /// <inheritdoc/>
    public override Tensor Formula(Tensor input, IReadOnlyList<Tensor> parameters, LayerContext context) =>
        Formula(input);

    internal static Tensor Formula(Tensor input)
    {
        // Nothing has no maximum.
        if (input.Shape.Count == 0) return input;
        var shifted = input - input.Detach().Max(-1, keepDim: true).Values;
        return shifted - shifted.Exp().Sum(-1, keepDim: true).Log();
    }

    /// <summary>The function on rows of <paramref name="classes"/> scores.</summary>
    [SkipLocalsInit]
    internal static void Rows(ReadOnlySpan<float> scores, Span<float> logProbabilities, int classes)
    {
        if (scores.IsEmpty) return;
        // Some rows at a time, so that exp and log fill their vectors though there are few classes.
        var rowsAtOnce = Math.Clamp(BlockFloats / classes, 1, MostRows);
        Span<float> exponentials = rowsAtOnce * classes <= BlockFloats
            ? stackalloc float[BlockFloats]
            : new float[rowsAtOnce * classes];
        Span<float> sums = stackalloc float[MostRows];
        for (var start = 0; start < scores.Length; start += rowsAtOnce * classes)
        {
            var length = Math.Min(rowsAtOnce * classes, scores.Length - start);
            Block(
                scores.Slice(start, length), logProbabilities.Slice(start, length), classes, exponentials[..length],
                sums[..(length / classes)]);
        }
    }

    private static void Block(
        ReadOnlySpan<float> scores, Span<float> logProbabilities, int classes, Span<float> exponentials,
        Span<float> sums)
    {
        for (var start = 0; start < scores.Length; start += classes)
        {
            var x = scores.Slice(start, classes);
            var y = logProbabilities.Slice(start, classes);
            var max = x[0];
            foreach (var value in x) max = MathF.Max(max, value);
            for (var i = 0; i < y.Length; i++) y[i] = x[i] - max;
        }
        ElementwiseMath.Exp(logProbabilities, exponentials);
        for (var row = 0; row < sums.Length; row++)
        {
            var sum = 0f;
            foreach (var value in exponentials.Slice(row * classes, classes)) sum += value;
            sums[row] = sum;
        }
        ElementwiseMath.Log(sums, sums);
        for (var row = 0; row < sums.Length; row++)
        {
            var log = sums[row];
            foreach (ref var y in logProbabilities.Slice(row * classes, classes)) y -= log;
        }
    }
}
