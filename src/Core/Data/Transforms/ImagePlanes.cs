namespace ActorTrain;

/// <summary>Where a pixel of the result comes from, in pixels of the image: (column, row).</summary>
internal delegate (double X, double Y) PixelMapping(int x, int y);

/// <summary>The planes of an image [channels, rows, columns], for transforms that move pixels.</summary>
internal readonly ref struct ImagePlanes
{
    private readonly ReadOnlySpan<float> _pixels;

    /// <summary>The planes of a tensor.</summary>
    /// <exception cref="ShapeMismatchException">It is no image.</exception>
    public ImagePlanes(string transform, Tensor image)
    {
        if (image.Shape.Rank != 3)
            throw new ShapeMismatchException(
                transform, "input", image.Shape, "[channels, rows, columns]",
                "Change images before they are flattened; View(1, rows, columns) makes one of a vector.");
        (Channels, Rows, Columns) = (image.Shape[0], image.Shape[1], image.Shape[2]);
        _pixels = image.Contiguous().Span;
    }

    public int Channels { get; }

    public int Rows { get; }

    public int Columns { get; }

    /// <summary>A pixel, or <paramref name="fill"/> outside.</summary>
    public float At(int channel, int y, int x, float fill) => (uint)y < (uint)Rows && (uint)x < (uint)Columns
        ? _pixels[(((channel * Rows) + y) * Columns) + x]
        : fill;

    /// <summary>
    /// An image of this size whose pixels lie between four of this one: bilinear, with <paramref name="fill"/> outside.
    /// </summary>
    public Tensor Resample(PixelMapping from, float fill)
    {
        var result = new float[_pixels.Length];
        for (var y = 0; y < Rows; y++)
        {
            for (var x = 0; x < Columns; x++)
            {
                var (fromX, fromY) = from(x, y);
                var (left, top) = ((int)Math.Floor(fromX), (int)Math.Floor(fromY));
                var (right, below) = ((float)(fromX - left), (float)(fromY - top));
                for (var c = 0; c < Channels; c++)
                {
                    var upper = Between(At(c, top, left, fill), At(c, top, left + 1, fill), right);
                    var lower = Between(At(c, top + 1, left, fill), At(c, top + 1, left + 1, fill), right);
                    result[(((c * Rows) + y) * Columns) + x] = Between(upper, lower, below);
                }
            }
        }
        return Tensor.Own(result, [Channels, Rows, Columns]);
    }

    private static float Between(float a, float b, float share) => a + (share * (b - a));
}
