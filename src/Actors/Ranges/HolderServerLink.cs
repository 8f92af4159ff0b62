using ActorTrain.Actors.Bulk;
using ActorTrain.Server;
using Akka.Actor;

namespace ActorTrain.Actors;

/// <summary>
/// A holder's end of the link to the server: receives its range once, and what to do with it from then on. Called by
/// the link's receiving thread.
/// </summary>
/// <param name="incarnation">The server that the link leads to; frames of another one are refused.</param>
/// <param name="plan">The run's plan.</param>
/// <param name="range">What is held.</param>
/// <param name="session">Told when the link is closed.</param>
/// <param name="holder">Gets what comes.</param>
internal sealed class HolderServerLink(
    long incarnation, TrainingPlan plan, ParameterRange range, IActorRef session, IActorRef holder) : ILinkOwner
{
    private readonly ReceiveBuffer _parameters = ReceiveBuffer.Of(range.Count);
    private readonly ReceiveBuffer[] _moments =
        [.. Enumerable.Range(0, plan.UpdateRule.MomentCount).Select(_ => ReceiveBuffer.Of(range.Count))];
    private readonly byte[] _nodes = new byte[RangeFrames.MostNodeBytes(plan)];
    private int _momentsHere;
    private bool _isGiven;

    /// <inheritdoc/>
    public void Opened(ILink link) => holder.Tell(new RangeHolderActor.ServerAttached(link));

    /// <inheritdoc/>
    public bool TryPlace(in BulkHeader header, out Memory<byte> place, out string? refusal)
    {
        (place, refusal) = (default, null);
        switch (header.Kind)
        {
            case var _ when header.Incarnation != incarnation:
                refusal = $"{header.Kind} of server {header.Incarnation}, this is server {incarnation}'s link";
                return false;
            case BulkKind.Moments when !_isGiven && header.Level == _momentsHere && _momentsHere < _moments.Length
                && IsRange(header):
                place = _moments[_momentsHere].Place;
                return true;
            case BulkKind.Weights when !_isGiven && _momentsHere == _moments.Length && IsRange(header):
                place = _parameters.Place;
                return true;
            case BulkKind.Update when _isGiven && header.PayloadBytes <= _nodes.Length:
                place = _nodes.AsMemory(0, header.PayloadBytes);
                return true;
            case BulkKind.Ask when _isGiven:
                return true;
            default:
                refusal = $"{header.Kind} of {header.PayloadBytes} bytes from element {header.Offset} on, which does "
                    + $"not belong to the holder of {range}";
                return false;
        }
    }

    /// <inheritdoc/>
    public void Arrived(in BulkHeader header, ReadOnlyMemory<byte> payload)
    {
        switch (header.Kind)
        {
            case BulkKind.Moments:
                _momentsHere++;
                break;
            case BulkKind.Weights:
                _isGiven = true;
                holder.Tell(new RangeHolderActor.Given(
                    _parameters.Vector, new(header.Version, [.. _moments.Select(m => m.Vector)])));
                break;
            case BulkKind.Update:
                holder.Tell(new UpdateOrdered(header.Version, RangeFrames.NodesOf(payload.Span)));
                break;
            case BulkKind.Ask:
                holder.Tell(RangeAsked.Instance);
                break;
            default:
                break;
        }
    }

    /// <inheritdoc/>
    public void Closed(string reason) => session.Tell(new ServerSessionActor.LinkClosed(this, reason));

    private bool IsRange(in BulkHeader header) =>
        header.Offset == range.Start && header.PayloadBytes == RangeFrames.BytesOf(range);
}
