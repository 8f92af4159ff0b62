namespace ActorTrain;

/// <summary>Left and right exchanged, with probability p; PyTorch's <c>RandomHorizontalFlip</c>.</summary>
/// <param name="P">p, from 0 to 1.</param>
public sealed record RandomHorizontalFlip(float P = 0.5f) : Transform
{
    /// <summary>p, from 0 to 1.</summary>
    public float P { get; } = Allowed.From0To1(P, nameof(RandomHorizontalFlip), nameof(P));

    /// <inheritdoc/>
    public override Tensor Apply(Tensor input, SampleKey key)
    {
        var image = new ImagePlanes(nameof(RandomHorizontalFlip), input);
        if (key.Uniform(0) >= P) return input;
        var flipped = input.ToArray();
        for (var row = 0; row < flipped.Length; row += image.Columns) flipped.AsSpan(row, image.Columns).Reverse();
        return Tensor.Own(flipped, input.Shape);
    }
}
