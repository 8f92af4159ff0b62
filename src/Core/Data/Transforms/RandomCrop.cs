namespace ActorTrain;

/// <summary>A part of the image at a random place; PyTorch's <c>RandomCrop</c>.</summary>
/// <param name="Rows">Rows of the part, from 1.</param>
/// <param name="Columns">Columns of the part, from 1.</param>
/// <param name="Padding">Pixels added on each side before, from 0.</param>
/// <param name="Fill">What they are.</param>
public sealed record RandomCrop(int Rows, int Columns, int Padding = 0, float Fill = 0) : Transform
{
    /// <summary>Rows of the part, from 1.</summary>
    public int Rows { get; } = (int)Allowed.From1(Rows, nameof(RandomCrop), nameof(Rows));

    /// <summary>Columns of the part, from 1.</summary>
    public int Columns { get; } = (int)Allowed.From1(Columns, nameof(RandomCrop), nameof(Columns));

    /// <summary>Pixels added on each side before, from 0.</summary>
    public int Padding { get; } = (int)Allowed.From0((double)Padding, nameof(RandomCrop), nameof(Padding));

    /// <inheritdoc/>
    public override Tensor Apply(Tensor input, SampleKey key)
    {
        var image = new ImagePlanes(nameof(RandomCrop), input);
        var (placesY, placesX) = (Places(image.Rows, Rows), Places(image.Columns, Columns));
        if (placesY < 1 || placesX < 1)
            throw new ShapeMismatchException(
                nameof(RandomCrop), "input", input.Shape, $"at least {Rows}x{Columns} pixels with its padding",
                "Crop less, or pad more.");
        if (Math.Max(placesY, placesX) > int.MaxValue)
            throw new ShapeMismatchException(
                nameof(RandomCrop), "input", input.Shape, $"at most {int.MaxValue} pixels a side with its padding",
                "Pad less.");
        var (top, left) = (key.Integer(0, (int)placesY) - Padding, key.Integer(1, (int)placesX) - Padding);
        var part = new float[image.Channels * Rows * Columns];
        for (var i = 0; i < part.Length; i++)
            part[i] = image.At(
                i / Columns / Rows, top + (i / Columns % Rows), left + (i % Columns), Fill);
        return Tensor.Own(part, [image.Channels, Rows, Columns]);
    }

    private long Places(int size, int part) => size + (2L * Padding) - part + 1;
}
