namespace ActorTrain.Actors.Protocol;

/// <summary>
/// Marks every message that crosses nodes: <see cref="WireSerializer"/> writes these and nothing else.
/// </summary>
public interface IWireMessage;
