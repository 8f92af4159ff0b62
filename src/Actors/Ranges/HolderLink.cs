using ActorTrain.Actors.Bulk;
using ActorTrain.Server;
using Akka.Actor;

namespace ActorTrain.Actors;

/// <summary>
/// The server's end of the link to the holder of a range: takes what it confirms, and its range when the server
/// collects. Called by the link's receiving thread, but for <see cref="Expect"/>.
/// </summary>
/// <param name="index">The range's place.</param>
/// <param name="range">What is held.</param>
/// <param name="incarnation">Of this server.</param>
/// <param name="actor">Stands for the holder.</param>
/// <param name="server">The parameter server.</param>
internal sealed class HolderLink(
    int index, ParameterRange range, long incarnation, IActorRef actor, IActorRef server) : ILinkOwner
{
    private volatile RangeCollection? _collection;
    private int _momentsHere;

    /// <summary>The range is about to be asked for. From any thread.</summary>
    public void Expect(RangeCollection collection) => _collection = collection;

    /// <inheritdoc/>
    public void Opened(ILink link) => actor.Tell(new RemoteNodeActor.LinkOpened(link));

    /// <inheritdoc/>
    public bool TryPlace(in BulkHeader header, out Memory<byte> place, out string? refusal)
    {
        (place, refusal) = (default, null);
        switch (header.Kind)
        {
            case BulkKind.Bye:
            case BulkKind.Pushed when header.Incarnation == incarnation:
                return true;
            case BulkKind.Moments when IsAwaited(header) && header.Level == _momentsHere
                && _momentsHere < _collection!.Moments:
                place = _collection.PlaceOf(range, _momentsHere);
                return true;
            case BulkKind.Weights when IsAwaited(header) && _momentsHere == _collection!.Moments:
                place = _collection.PlaceOf(range);
                return true;
            default:
                refusal = $"{header.Kind} of {header.PayloadBytes} bytes of version {header.Version}, which was not "
                    + $"asked for, of the holder of {range}";
                return false;
        }
    }

    /// <inheritdoc/>
    public void Arrived(in BulkHeader header, ReadOnlyMemory<byte> payload)
    {
        switch (header.Kind)
        {
            case BulkKind.Pushed:
                server.Tell(new PushConfirmed(index, BulkWork.KeyOf(header)));
                break;
            case BulkKind.Moments:
                _momentsHere++;
                break;
            case BulkKind.Weights:
                var collection = _collection!;
                (_collection, _momentsHere) = (null, 0);
                server.Tell(new RangeHolders.RangeCame(collection));
                break;
            default:
                actor.Tell(new RemoteNodeActor.CloseLink("it left"));
                break;
        }
    }

    /// <inheritdoc/>
    public void Closed(string reason) => actor.Tell(new RemoteNodeActor.LinkClosed(reason));

    private bool IsAwaited(in BulkHeader header) =>
        _collection is { } collection && header.Incarnation == incarnation && header.Version == collection.Version
        && header.Offset == range.Start && header.PayloadBytes == RangeFrames.BytesOf(range);
}
