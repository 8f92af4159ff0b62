using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Serialization;

namespace ActorTrain.Actors.Protocol;

/// <summary>Akka's door to <see cref="WireFormat"/>: the only serializer for messages of ours.</summary>
/// <param name="system">The actor system.</param>
public sealed class WireSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    /// <inheritdoc/>
    /// <remarks>The same for ever; 0 to 40 are Akka's own.</remarks>
    public override int Identifier => 9001;

    /// <inheritdoc/>
    /// <exception cref="SerializationException">It is no message of the wire.</exception>
    public override string Manifest(object o) => WireFormat.ManifestOf(o);

    /// <inheritdoc/>
    /// <exception cref="SerializationException">It is no message of the wire, or beyond its bounds.</exception>
    public override byte[] ToBinary(object obj) => WireFormat.Encode(obj);

    /// <inheritdoc/>
    /// <exception cref="SerializationException">The bytes are no message of the wire.</exception>
    public override object FromBinary(byte[] bytes, string manifest) => WireFormat.Decode(manifest, bytes);
}
