namespace ActorTrain.Actors.Bulk;

/// <summary>What a peer sent is no frame that anybody waits for; the connection is of no more use.</summary>
internal sealed class FrameException(string reason, Exception? inner = null) : IOException(reason, inner);
