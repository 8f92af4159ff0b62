using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Configuration;
using Akka.Serialization;

namespace ActorTrain.Actors.Protocol;

/// <summary>
/// Takes the place of an Akka serializer that lets a peer name CLR types to make: JSON, actor deployment, Protobuf by
/// type. Strict serialization alone only keeps this node from sending such messages.
/// </summary>
public sealed class RefusingSerializer : Serializer
{
    /// <summary>As Akka makes it, from the section <c>akka.actor.serialization-settings.NAME</c>.</summary>
    /// <param name="system">The actor system.</param>
    /// <param name="settings">Its <c>identifier</c> is that of the serializer that this one replaces.</param>
    public RefusingSerializer(ExtendedActorSystem system, Config settings)
        : base(system) => Identifier = settings.GetInt("identifier");

    /// <inheritdoc/>
    public override int Identifier { get; }

    /// <inheritdoc/>
    public override bool IncludeManifest => false;

    /// <inheritdoc/>
    /// <exception cref="SerializationException">Always.</exception>
    public override byte[] ToBinary(object obj) =>
        throw new SerializationException($"{obj.GetType()} is no message of the wire.");

    /// <inheritdoc/>
    /// <exception cref="SerializationException">Always.</exception>
    public override object FromBinary(byte[] bytes, Type type) =>
        throw new SerializationException(
            $"Wire message refused: {bytes.Length} bytes for serializer {Identifier}, which is off.");
}
