using ActorTrain.Kernels;

namespace ActorTrain;

/// <summary>
/// Softmax over the last dimension, yᵢ = exp xᵢ / Σⱼ exp xⱼ: scores as probabilities; PyTorch's
/// <c>nn.Softmax(dim=-1)</c>. For training prefer <see cref="LogSoftmax"/> with <see cref="NLLLoss"/>.
/// </summary>
public sealed record Softmax : RowFunction
{
    private protected override void Values(ReadOnlySpan<float> x, Span<float> y, int classes)
    {
        LogSoftmax.Rows(x, y, classes);
        ElementwiseMath.Exp(y, y);
    }

    // ∂L/∂x = y·(∂y − Σ ∂y·y)
    private protected override void Slopes(
        ReadOnlySpan<float> y, ReadOnlySpan<float> dy, Span<float> dx, int classes)
    {
        for (var start = 0; start < dx.Length; start += classes)
        {
            var sum = 0f;
            for (var i = start; i < start + classes; i++) sum += dy[i] * y[i];
            for (var i = start; i < start + classes; i++) dx[i] = y[i] * (dy[i] - sum);
        }
    }
}
