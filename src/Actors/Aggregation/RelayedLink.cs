using ActorTrain.Actors.Bulk;
using Akka.Actor;

namespace ActorTrain.Actors;

/// <summary>
/// An aggregator's end of the link to its server: as a worker's, and tells how far parameters that come in pieces have
/// come, so that they can go on to the members. Called by the link's receiving thread.
/// </summary>
internal sealed class RelayedLink(ILinkOwner link, IActorRef aggregator) : ILinkOwner
{
    /// <inheritdoc/>
    public void Opened(ILink opened) => link.Opened(opened);

    /// <inheritdoc/>
    public bool TryPlace(in BulkHeader header, out Memory<byte> place, out string? refusal) =>
        link.TryPlace(header, out place, out refusal);

    /// <inheritdoc/>
    public void Arrived(in BulkHeader header, ReadOnlyMemory<byte> payload)
    {
        link.Arrived(header, payload);
        var isPiece = header.Kind == BulkKind.WeightsPart || (header.Kind == BulkKind.Weights && header.Offset > 0);
        if (isPiece)
            aggregator.Tell(new AggregatorActor.ParametersArrived(
                header.Incarnation, header.Version, header.Offset + (header.PayloadBytes / sizeof(float))));
    }

    /// <inheritdoc/>
    public void Closed(string reason) => link.Closed(reason);
}
