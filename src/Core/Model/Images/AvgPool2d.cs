namespace ActorTrain;

/// <summary>
/// The mean of the pixels under each place of a window, channel by channel; PyTorch's <c>nn.AvgPool2d</c>. Padding
/// counts as zeros, as it does there by default.
/// </summary>
public sealed record AvgPool2d : Pool2d
{
    /// <summary>A pooling.</summary>
    /// <param name="kernelSize">Pixels of a window's side.</param>
    /// <param name="stride">Pixels from one place to the next; none: the window's side.</param>
    /// <param name="padding">Zeros around each image, at most half of the window's side.</param>
    public AvgPool2d(int kernelSize, int? stride = null, int padding = 0)
        : base(nameof(AvgPool2d), kernelSize, stride, padding)
    {
    }

    // Exact as an int is, and does not wrap around.
    private float Pixels => (float)KernelSize * KernelSize;

    private protected override float Value(ReadOnlySpan<float> plane, int width, Area area)
    {
        var sum = 0f;
        for (var y = area.Top; y < area.Bottom; y++)
            foreach (var value in plane[((y * width) + area.Left)..((y * width) + area.Right)]) sum += value;
        return sum / Pixels;
    }

    private protected override float OutsideValue => 0;

    private protected override Tensor Value(Tensor columns) => columns.Mean(0);

    private protected override void Spread(
        ReadOnlySpan<float> plane, int width, Area area, float gradient, Span<float> slopes)
    {
        var share = gradient / Pixels;
        for (var y = area.Top; y < area.Bottom; y++)
            foreach (ref var slope in slopes[((y * width) + area.Left)..((y * width) + area.Right)]) slope += share;
    }
}
