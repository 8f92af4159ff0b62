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
    /// <exception cref="OverflowException">With padding they are more pixels than an int counts.</exception>
    public int Places(int size) => ((checked(size + (2 * Padding)) - KernelSize) / Stride) + 1;

    /// <summary>The shape [C, H', W'] of an image [C, H, W] of which each place gives a pixel.</summary>
    /// <exception cref="ShapeMismatchException">No image, or smaller than the window.</exception>
    public Shape OutputShape(string operation, Shape input, int channels)
    {
        var least = (int)Math.Max(1, KernelSize - (2L * Padding));
        if (input.Rank == 3 && input[1] >= least && input[2] >= least)
            return [channels, Places(input[1]), Places(input[2])];
        throw new ShapeMismatchException(
            operation, "input", input, $"[channels, height >= {least}, width >= {least}]",
            input.Rank == 1 ? "Make images of it first: Unflatten(1, 28, 28)." : "Give larger images.");
    }

    /// <summary>
    /// The columns of all images side by side, as a function of tensors: [C·k·k, N·places] of [N, C, H, W].
    /// </summary>
    /// <param name="images">[N, C, H, W].</param>
    /// <param name="outside">What stands for a pixel of the padding.</param>
    public Tensor Columns(Tensor images, float outside = 0)
    {
        var (count, channels, height, width) = (images.Shape[0], images.Shape[1], images.Shape[2], images.Shape[3]);
        var (rows, across) = (Places(height), Places(width));
        Shape shape = [checked(channels * KernelSize * KernelSize), checked(count * rows * across)];
        var places = new int[shape.Count];
        for (var i = 0; i < places.Length; i++)
        {
            var (rest, x) = Math.DivRem(i, across);
            (rest, var y) = Math.DivRem(rest, rows);
            (rest, var n) = Math.DivRem(rest, count);
            (rest, var kx) = Math.DivRem(rest, KernelSize);
            (var c, var ky) = Math.DivRem(rest, KernelSize);
            var (sourceY, sourceX) = ((y * Stride) + ky - Padding, (x * Stride) + kx - Padding);
            var isInside = (uint)sourceY < (uint)height && (uint)sourceX < (uint)width;
            places[i] = isInside ? (((((n * channels) + c) * height) + sourceY) * width) + sourceX : -1;
        }
        var columns = images.Taken(places, shape);
        return Padding == 0 || outside == 0
            ? columns
            : columns + Tensor.Own(Array.ConvertAll(places, place => place < 0 ? outside : 0), shape);
    }
}
