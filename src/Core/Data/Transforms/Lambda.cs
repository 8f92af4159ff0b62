namespace ActorTrain;

/// <summary>A function of your own without random numbers, for example <c>x => x.View(-1)</c>.</summary>
/// <param name="Function">Pure; for many threads at once.</param>
public sealed record Lambda(Func<Tensor, Tensor> Function) : Transform
{
    /// <inheritdoc/>
    public override Tensor Apply(Tensor input, SampleKey key) => Function(input);
}
