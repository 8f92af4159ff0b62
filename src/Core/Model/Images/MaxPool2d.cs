namespace ActorTrain;

/// <summary>
/// The largest pixel under each place of a window, channel by channel; PyTorch's <c>nn.MaxPool2d</c> without padding.
/// </summary>
public sealed record MaxPool2d : Pool2d
{
    /// <summary>A pooling.</summary>
    /// <param name="kernelSize">Pixels of a window's side.</param>
    /// <param name="stride">Pixels from one place to the next; none: the window's side.</param>
    public MaxPool2d(int kernelSize, int? stride = null) : base(nameof(MaxPool2d), kernelSize, stride)
    {
    }

    /// <inheritdoc/>
    public override string ToString() => $"MaxPool2d(kernel_size={KernelSize}, stride={Stride})";

    private protected override float Value(ReadOnlySpan<float> plane, int width, int top, int left) =>
        plane[Largest(plane, width, top, left)];

    private protected override Tensor Value(Tensor columns) => columns.Max(0).Values;

    // The whole gradient goes to the first of the largest.
    private protected override void Spread(
        ReadOnlySpan<float> plane, int width, int top, int left, float gradient, Span<float> slopes) =>
        slopes[Largest(plane, width, top, left)] += gradient;

    private int Largest(ReadOnlySpan<float> plane, int width, int top, int left)
    {
        var best = (top * width) + left;
        for (var y = top; y < top + KernelSize; y++)
            for (var i = (y * width) + left; i < (y * width) + left + KernelSize; i++)
                if (plane[i] > plane[best] || float.IsNaN(plane[i])) best = i;
        return best;
    }
}
