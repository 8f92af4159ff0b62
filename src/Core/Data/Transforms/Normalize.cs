namespace ActorTrain;

/// <summary>(x − mean) / deviation, PyTorch's <c>Normalize</c> with one mean and deviation for all channels.</summary>
/// <param name="Mean">Of the data after the transforms before.</param>
/// <param name="StandardDeviation">Likewise, above 0.</param>
public sealed record Normalize(float Mean, float StandardDeviation) : Transform
{
    /// <summary>Of the data after the transforms before, above 0.</summary>
    public float StandardDeviation { get; } =
        Allowed.Above0(StandardDeviation, nameof(Normalize), nameof(StandardDeviation));

    /// <inheritdoc/>
    public override Tensor Apply(Tensor input, SampleKey key) => (input - Mean) / StandardDeviation;
}
