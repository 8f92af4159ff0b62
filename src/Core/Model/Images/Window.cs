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

    /// <summary>
    /// Writes the pixels under the window as columns: row (c, y, x) of the window, column (place): [C·k·k, places].
    /// </summary>
    public void ToColumns(ReadOnlySpan<float> image, int channels, int height, int width, Span<float> columns)
    {
        var (rows, across) = (Places(height), Places(width));
        var to = 0;
        for (var c = 0; c < channels; c++)
            for (var ky = 0; ky < KernelSize; ky++)
                for (var kx = 0; kx < KernelSize; kx++)
                    for (var y = 0; y < rows; y++, to += across)
                    {
                        var line = columns.Slice(to, across);
                        var sourceY = (y * Stride) + ky - Padding;
                        if ((uint)sourceY >= (uint)height)
                        {
                            line.Clear();
                            continue;
                        }
                        var source = image.Slice(((c * height) + sourceY) * width, width);
                        if (Stride == 1 && Padding == 0) source.Slice(kx, across).CopyTo(line);
                        else CopyLine(source, kx - Padding, line);
                    }
    }

    /// <summary>Adds columns back to the pixels that they came from.</summary>
    public void AddColumns(ReadOnlySpan<float> columns, int channels, int height, int width, Span<float> image)
    {
        var (rows, across) = (Places(height), Places(width));
        var from = 0;
        for (var c = 0; c < channels; c++)
            for (var ky = 0; ky < KernelSize; ky++)
                for (var kx = 0; kx < KernelSize; kx++)
                    for (var y = 0; y < rows; y++, from += across)
                    {
                        var targetY = (y * Stride) + ky - Padding;
                        if ((uint)targetY >= (uint)height) continue;
                        var target = image.Slice(((c * height) + targetY) * width, width);
                        for (var x = 0; x < across; x++)
                        {
                            var targetX = (x * Stride) + kx - Padding;
                            if ((uint)targetX < (uint)width) target[targetX] += columns[from + x];
                        }
                    }
    }

    /// <summary>
    /// The columns of all images side by side, as a function of tensors: [C·k·k, N·places] of [N, C, H, W].
    /// </summary>
    public Tensor Columns(Tensor images)
    {
        var (count, channels, height, width) = (images.Shape[0], images.Shape[1], images.Shape[2], images.Shape[3]);
        var (rows, across) = (Places(height), Places(width));
        var places = new int[channels * KernelSize * KernelSize * count * rows * across];
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
        return images.Taken(places, [channels * KernelSize * KernelSize, count * rows * across]);
    }

    private void CopyLine(ReadOnlySpan<float> source, int first, Span<float> line)
    {
        for (var x = 0; x < line.Length; x++)
        {
            var sourceX = first + (x * Stride);
            line[x] = (uint)sourceX < (uint)source.Length ? source[sourceX] : 0;
        }
    }
}
