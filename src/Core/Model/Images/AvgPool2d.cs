namespace ActorTrain;

/// <summary>
/// The mean of the pixels under each place of a window, channel by channel; PyTorch's <c>nn.AvgPool2d</c> without
/// padding.
/// </summary>
public sealed record AvgPool2d : Pool2d
{
    /// <summary>A pooling.</summary>
    /// <param name="kernelSize">Pixels of a window's side.</param>
    /// <param name="stride">Pixels from one place to the next; none: the window's side.</param>
    public AvgPool2d(int kernelSize, int? stride = null) : base(nameof(AvgPool2d), kernelSize, stride)
    {
    }

    /// <inheritdoc/>
    public override string ToString() => $"AvgPool2d(kernel_size={KernelSize}, stride={Stride})";

    private protected override float Value(ReadOnlySpan<float> plane, int width, int top, int left)
    {
        var sum = 0f;
        for (var y = top; y < top + KernelSize; y++)
            foreach (var value in plane.Slice((y * width) + left, KernelSize)) sum += value;
        return sum / (KernelSize * KernelSize);
    }

    private protected override Tensor Value(Tensor columns) => columns.Mean(0);

    private protected override void Spread(
        ReadOnlySpan<float> plane, int width, int top, int left, float gradient, Span<float> slopes)
    {
        var share = gradient / (KernelSize * KernelSize);
        for (var y = top; y < top + KernelSize; y++)
            foreach (ref var slope in slopes.Slice((y * width) + left, KernelSize)) slope += share;
    }
}
