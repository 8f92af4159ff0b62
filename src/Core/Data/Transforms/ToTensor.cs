namespace ActorTrain;

/// <summary>0 … 255 becomes 0 … 1: x / 255, as PyTorch's <c>ToTensor</c> does with bytes.</summary>
public sealed record ToTensor : Transform
{
    /// <inheritdoc/>
    public override Tensor Apply(Tensor input, SampleKey key) => input / byte.MaxValue;
}
