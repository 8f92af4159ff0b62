using ActorTrain.Kernels;

namespace ActorTrain;

/// <summary>
/// The largest pixel under each place of a window, channel by channel; PyTorch's <c>nn.MaxPool2d</c>. Padding is never
/// the largest.
/// </summary>
public sealed record MaxPool2d : Pool2d
{
    /// <summary>A pooling.</summary>
    /// <param name="kernelSize">Pixels of a window's side.</param>
    /// <param name="stride">Pixels from one place to the next; none: the window's side.</param>
    /// <param name="padding">Pixels around each image, at most half of the window's side.</param>
    public MaxPool2d(int kernelSize, int? stride = null, int padding = 0)
        : base(nameof(MaxPool2d), kernelSize, stride, padding)
    {
    }

    /// <summary>Whether it takes the largest of every 2×2 pixels.</summary>
    internal bool IsOfFour => this is { KernelSize: 2, Stride: 2, Padding: 0 };

    private protected override void Pool(ReadOnlySpan<float> plane, int width, int across, Span<float> y)
    {
        if (IsOfFour) MaxOfFour.Forward(plane, width, y);
        else base.Pool(plane, width, across, y);
    }

    private protected override void Spread(
        ReadOnlySpan<float> plane, int width, int across, ReadOnlySpan<float> dy, Span<float> dx)
    {
        if (IsOfFour) MaxOfFour.Backward(plane, width, dy, dx);
        else base.Spread(plane, width, across, dy, dx);
    }

    private protected override float Value(ReadOnlySpan<float> plane, int width, Area area) =>
        plane[Largest(plane, width, area)];

    private protected override float OutsideValue => float.NegativeInfinity;

    private protected override Tensor Value(Tensor columns) => columns.Max(0).Values;

    // The whole gradient goes to the first of the largest.
    private protected override void Spread(
        ReadOnlySpan<float> plane, int width, Area area, float gradient, Span<float> slopes) =>
        slopes[Largest(plane, width, area)] += gradient;

    private static int Largest(ReadOnlySpan<float> plane, int width, Area area)
    {
        var best = (area.Top * width) + area.Left;
        for (var y = area.Top; y < area.Bottom; y++)
            for (var i = (y * width) + area.Left; i < (y * width) + area.Right; i++)
                if (plane[i] > plane[best] || float.IsNaN(plane[i])) best = i;
        return best;
    }
}
