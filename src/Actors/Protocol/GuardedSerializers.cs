using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Dispatch.SysMsg;
using Akka.Event;
using Akka.Remote.Serialization;
using Akka.Serialization;

namespace ActorTrain.Actors.Protocol;

/// <summary>
/// Lets in only those of Akka's system messages that death watch needs. Others would let a peer restart any actor,
/// untrusted mode or not, and some carry exceptions, made by the name of their type.
/// </summary>
/// <param name="system">The actor system.</param>
public sealed class GuardedSystemSerializer(ExtendedActorSystem system) : Serializer(system)
{
    private readonly SystemMessageSerializer _inner = new(system);

    /// <inheritdoc/>
    public override int Identifier => _inner.Identifier;

    /// <inheritdoc/>
    public override bool IncludeManifest => _inner.IncludeManifest;

    /// <inheritdoc/>
    public override byte[] ToBinary(object obj) => _inner.ToBinary(obj);

    /// <inheritdoc/>
    /// <returns>For what is not let in, something that untrusted mode drops: an error would cost the connection, and
    /// the peer, which was not told that the message arrived, would send it again and again.</returns>
    public override object FromBinary(byte[] bytes, Type type)
    {
        if (type == typeof(Watch) || type == typeof(Unwatch) || type == typeof(DeathWatchNotification))
            return _inner.FromBinary(bytes, type);
        system.Log.Warning("Wire message refused: the system message {0}.", type?.Name);
        return new Dropped();
    }

    private sealed record Dropped : IPossiblyHarmful;
}

/// <summary>
/// Lets in only those of Akka's other messages that a cluster needs: identification and the heartbeats of remote death
/// watch. The others are configuration, routers, and failures with exceptions made by the name of their type.
/// </summary>
/// <param name="system">The actor system.</param>
public sealed class GuardedMiscSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    private readonly MiscMessageSerializer _inner = new(system);

    /// <inheritdoc/>
    public override int Identifier => _inner.Identifier;

    /// <inheritdoc/>
    public override string Manifest(object o) => _inner.Manifest(o);

    /// <inheritdoc/>
    public override byte[] ToBinary(object obj) => _inner.ToBinary(obj);

    /// <inheritdoc/>
    /// <exception cref="SerializationException">It is none of those.</exception>
    public override object FromBinary(byte[] bytes, string manifest) =>
        manifest is "ID" or "AID" or "AR" or "RWHB" or "RWHR"
            ? _inner.FromBinary(bytes, manifest)
            : throw new SerializationException($"Wire message refused: Akka's message '{manifest}'.");
}
