namespace ActorTrain;

/// <summary>
/// How a square window goes over images [C, H, W]: what convolution and pooling have in common.
/// </summary>
/// <param name="KernelSize">Pixels of a side.</param>
/// <param name="Stride">Pixels from one place to the next.</param>
/// <param name="Padding">Zeros around the image.</param>
internal readonly record struct Window(int KernelSize, int Stride, int Padding)
{
    /// <summary>Places along a side of so many pixels.</summary>
    public int Places(int size) => ((size + (2 * Padding) - KernelSize) / Stride) + 1;

    /// <summary>The shape [C, H', W'] of an image [C, H, W] of which each place gives a pixel.</summary>
    /// <exception cref="ShapeMismatchException">No image, or smaller than the window.</exception>
    public Shape OutputShape(string operation, Shape input, int channels)
    {
        var least = Math.Max(1, KernelSize - (2 * Padding));
        if (input.Rank == 3 && input[1] >= least && input[2] >= least)
            return [channels, Places(input[1]), Places(input[2])];
        throw new ShapeMismatchException(
            operation, "input", input, $"[channels, height >= {least}, width >= {least}]",
            input.Rank == 1 ? "Make images of it first: Unflatten(1, 28, 28)." : "Give larger images.");
    }
}
