namespace ActorTrain.Actors.Protocol;

/// <summary>Marks every message that crosses nodes: the wire serializer writes these and nothing else.</summary>
public interface IWireMessage;
