using ActorTrain.Actors.Bulk;
using ActorTrain.Server;
using Akka.Actor;

namespace ActorTrain.Actors;

/// <summary>
/// A holder's end of the link to one worker: takes pulls, and gradients straight into memory that the holder sums from,
/// one for each node of a minibatch's tree, whatever the worker sends. Called by the link's receiving thread.
/// </summary>
/// <param name="worker">The holder's number of it.</param>
/// <param name="incarnation">Of the server; frames for another one are refused.</param>
/// <param name="plan">The run's plan.</param>
/// <param name="range">What is held.</param>
/// <param name="holder">Gets what comes.</param>
internal sealed class HolderWorkerLink(
    int worker, long incarnation, TrainingPlan plan, ParameterRange range, IActorRef holder) : ILinkOwner
{
    private readonly VersionedBuffers _gradients = new(range.Count);
    private readonly HashSet<TreeNode> _here = [];
    private readonly ReceiveBuffer _nowhere = ReceiveBuffer.Of(range.Count);
    private long _version = -1;
    private ReceiveBuffer? _gradient;

    /// <inheritdoc/>
    public void Opened(ILink link) => holder.Tell(new RangeHolderActor.WorkerAttached(worker, link));

    /// <inheritdoc/>
    public bool TryPlace(in BulkHeader header, out Memory<byte> place, out string? refusal)
    {
        (place, refusal) = (default, null);
        var key = BulkWork.KeyOf(header);
        switch (header.Kind)
        {
            case var _ when header.Incarnation != incarnation:
                refusal = $"{header.Kind} for server {header.Incarnation}, this is a link of server {incarnation}'s";
                return false;
            case BulkKind.Pull:
                return true;
            case BulkKind.GradientAnswer when RangeFrames.IsGradient(plan, key) && IsRange(header):
                _gradient = IsNew(key) ? _gradients.Take(key.Incarnation, key.Version) : null;
                place = (_gradient ?? _nowhere).Place;
                return true;
            default:
                refusal = $"{header.Kind} of {header.PayloadBytes} bytes from element {header.Offset} on for {key}, "
                    + $"which does not belong to the holder of {range}";
                return false;
        }
    }

    /// <inheritdoc/>
    public void Arrived(in BulkHeader header, ReadOnlyMemory<byte> payload)
    {
        if (header.Kind == BulkKind.Pull) holder.Tell(new ParametersPulled(worker, header.Version));
        else if (_gradient is not null) holder.Tell(new GradientPushed(BulkWork.KeyOf(header), _gradient.Vector));
    }

    /// <inheritdoc/>
    public void Closed(string reason) => holder.Tell(new WorkerDetached(worker));

    private bool IsRange(in BulkHeader header) => header.Encoding == BulkEncoding.Float32
        && header.Offset == range.Start && header.PayloadBytes == RangeFrames.BytesOf(range);

    // Work that failed here and was given again is pushed again; and what is late must not take the memory of what the
    // holder still sums.
    private bool IsNew(WorkKey key)
    {
        if (key.Version < _version) return false;
        if (key.Version > _version) _here.Clear();
        _version = key.Version;
        return _here.Add(key.Node);
    }
}
