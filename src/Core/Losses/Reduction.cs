namespace ActorTrain;

/// <summary>What becomes of the losses of a batch; PyTorch's <c>reduction</c>.</summary>
public enum Reduction
{
    /// <summary>Their mean; with class weights, by the weights.</summary>
    Mean,

    /// <summary>Their sum.</summary>
    Sum,

    /// <summary>Nothing: all of them.</summary>
    None,
}
