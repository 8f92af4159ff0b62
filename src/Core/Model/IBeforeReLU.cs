namespace ActorTrain;

/// <summary>A layer whose pass can go through a ReLU behind it while its output is in cache.</summary>
internal interface IBeforeReLU
{
    /// <summary>
    /// The layer's forward pass, and then max(y, 0), NaN where y is: the bits of one after the other.
    /// </summary>
    /// <returns>The ReLU's output, and what the layer's own backward pass wants to see again.</returns>
    (Tensor Output, Saved Saved) Forward(Parameters parameters, Tensor input, LayerContext context);
}
