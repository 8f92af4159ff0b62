namespace ActorTrain;

/// <summary>What random numbers are for: a word of Philox's counter, so that no two purposes share numbers.</summary>
/// <remarks>The values are part of every run's bits: extend only, never renumber.</remarks>
public enum RandomPurpose
{
    /// <summary>Initial parameters; the stream is the parameter's number in the layout.</summary>
    Initialization = 0,

    /// <summary>The order of examples; the stream is the epoch.</summary>
    Shuffle = 1,

    /// <summary>Dropped activations.</summary>
    Dropout = 2,

    /// <summary>Random changes of input images.</summary>
    Augmentation = 3,

    /// <summary>Tensors of random numbers that somebody asks for.</summary>
    Tensor = 4,
}
