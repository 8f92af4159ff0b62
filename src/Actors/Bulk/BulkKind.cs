namespace ActorTrain.Actors.Bulk;

/// <summary>What a frame of the bulk path is; a byte on the wire. Extend only.</summary>
public enum BulkKind : byte
{
    /// <summary>The connecting side's first frame: which run, and the token that lets it in.</summary>
    Attach = 1,

    /// <summary>Parameters; the version says which.</summary>
    Weights = 2,

    /// <summary>A piece of work, named by the header alone.</summary>
    Order = 3,

    /// <summary>The gradient sum of a tree node.</summary>
    GradientAnswer = 4,

    /// <summary>The loss sum and the confusion counts of a tree node.</summary>
    EvaluationAnswer = 5,

    /// <summary>An order that could not be carried out; the payload says why, in UTF-8.</summary>
    Failure = 6,

    /// <summary>A checkpoint file's bytes, to a stand-by.</summary>
    Checkpoint = 7,

    /// <summary>The stand-by has the checkpoint of this step on its disk.</summary>
    CheckpointAck = 8,

    /// <summary>
    /// One of an optimiser's moments; the level says which. It belongs to the frame with parameters that follows or
    /// precedes it.
    /// </summary>
    Moments = 9,

    /// <summary>The sender leaves; nothing comes after this.</summary>
    Bye = 10,

    /// <summary>The parameters that local steps ended with; their moments came before.</summary>
    LocalStepsAnswer = 11,

    /// <summary>
    /// A piece of parameters, from the beginning on, sent before the rest is written; weights end it.
    /// </summary>
    WeightsPart = 12,

    /// <summary>A piece of a gradient, from the end on, sent before the rest is computed; the answer ends it.</summary>
    GradientPart = 13,

    /// <summary>The sender has memory that the receiver may be able to read; the payload is a place in it.</summary>
    SharedMemory = 14,

    /// <summary>Worker to the holder of a range: send the range of this version.</summary>
    Pull = 15,

    /// <summary>Holder of a range to server: that part of a node's gradient sum is here.</summary>
    Pushed = 16,

    /// <summary>
    /// Server to the holder of a range: update it with the sum of these nodes; the payload names them, level and index,
    /// int32 each.
    /// </summary>
    Update = 17,

    /// <summary>Server to the holder of a range: send it, the moments first.</summary>
    Ask = 18,
}

/// <summary>How a payload is to be read; a byte on the wire. Extend only.</summary>
public enum BulkEncoding : byte
{
    /// <summary>Raw little-endian float32.</summary>
    Float32 = 0,

    /// <summary>Raw little-endian bfloat16.</summary>
    BFloat16 = 1,

    /// <summary>The largest elements only, with their indices.</summary>
    TopK = 2,

    /// <summary>Bytes that mean what the kind says.</summary>
    Bytes = 3,
}
