namespace ActorTrain;

/// <summary>
/// A change of one example's input on its way into a batch. A pure function of (input, seed, epoch, example): random
/// ones draw from the <see cref="SampleKey"/> alone, so that no bit depends on the thread or on the order.
/// </summary>
public abstract record Transform
{
    /// <summary>The changed input; what is given stays as it is.</summary>
    /// <param name="input">The input.</param>
    /// <param name="key">What random numbers depend on.</param>
    /// <exception cref="ShapeMismatchException">An input of this shape cannot be changed so.</exception>
    public abstract Tensor Apply(Tensor input, SampleKey key);
}
