using System.Text;
using ActorTrain.Actors.Bulk;
using ActorTrain.Checkpoints;
using Akka.Actor;

namespace ActorTrain.Actors;

/// <summary>
/// A stand-by's end of the link to the server: keeps what comes in this node's folder, beside which no other run's
/// checkpoints stay.
/// </summary>
/// <remarks>Writes on the link's receiving thread: the next checkpoint waits in the socket meanwhile.</remarks>
/// <param name="folder">The node's.</param>
/// <param name="data">What the node would train on.</param>
/// <param name="run">Names the run.</param>
/// <param name="incarnation">The server's fencing number.</param>
/// <param name="node">The node.</param>
/// <param name="actor">Told when the first checkpoint has come, and when the link is gone.</param>
internal sealed class StandbyKeeper(
    CheckpointFolder folder, DataDescription data, Guid run, long incarnation, NodeContext node, IActorRef actor)
    : ILinkOwner
{
    private static readonly TimeSpan BetweenTries = TimeSpan.FromSeconds(10);

    private ILink? _link;
    private byte[] _contents = [];
    private bool _hasBegun;
    private string? _trouble;
    private long _troubleAt;

    /// <summary>Names the run.</summary>
    public Guid Run => run;

    /// <summary>The server's fencing number.</summary>
    public long Incarnation => incarnation;

    void ILinkOwner.Opened(ILink link)
    {
        _link = link;
        var former = new FormerRun(run, HasBegun: false);
        try
        {
            if (folder.SetAside(header => !former.Wrote(header)) is { } aside)
                node.Tell(new Notice($"moved checkpoints of another run from {folder.Folder} to {aside}"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            node.Tell(new Notice($"can't move another run's checkpoints out of {folder.Folder}: {e.Message}"));
        }
    }

    bool ILinkOwner.TryPlace(in BulkHeader header, out Memory<byte> place, out string? refusal)
    {
        place = default;
        refusal = header.Kind switch
        {
            BulkKind.Bye => null,
            BulkKind.Checkpoint when header.Incarnation != incarnation =>
                $"a checkpoint of server {header.Incarnation}, this is server {incarnation}'s link",
            // No server sends one: it could not write it either.
            BulkKind.Checkpoint when header.PayloadBytes > CheckpointFormat.MostBytes =>
                $"a checkpoint of {header.PayloadBytes} bytes; at most {CheckpointFormat.MostBytes}",
            BulkKind.Checkpoint => null,
            _ => $"{header.Kind}, which is not for a stand-by",
        };
        if (refusal is not null || header.Kind != BulkKind.Checkpoint) return refusal is null;
        if (_contents.Length < header.PayloadBytes)
            _contents = GC.AllocateUninitializedArray<byte>(header.PayloadBytes);
        place = _contents.AsMemory(0, header.PayloadBytes);
        return true;
    }

    void ILinkOwner.Arrived(in BulkHeader header, ReadOnlyMemory<byte> payload)
    {
        if (header.Kind != BulkKind.Checkpoint) return;
        if (!_hasBegun && Refusal(payload.Span) is { } refusal)
        {
            Fail(header.Step, refusal);
            node.End(new NodeEnd.Refused($"node {node.Cluster.Name} is refused: {refusal}"));
            return;
        }
        if (!_hasBegun) actor.Tell(new HasBegun(this));
        _hasBegun = true;
        if (!TrySave(header.Step, payload.Span)) Fail(header.Step, _trouble!);
        else _link!.Send(new(BulkKind.CheckpointAck, Incarnation: incarnation, Step: header.Step), default);
    }

    private string? Refusal(ReadOnlySpan<byte> checkpoint) => Admission.Refusal(
        data.Name, data.Sha256, TrainingCheckpoint.DataOf(CheckpointFormat.HeaderOf(checkpoint, "checkpoint")));

    private void Fail(long step, string why)
    {
        var reason = Encoding.UTF8.GetBytes(why).AsMemory();
        reason = reason[..Math.Min(reason.Length, BulkHeader.FailureBytes)];
        _link!.Send(
            new(BulkKind.Failure, Incarnation: incarnation, Step: step, PayloadBytes: reason.Length), reason);
    }

    // A disk that is full is left alone for a while; the run does not wait for it.
    private bool TrySave(long step, ReadOnlySpan<byte> checkpoint)
    {
        if (_trouble is not null && node.Time.GetElapsedTime(_troubleAt) < BetweenTries) return false;
        try
        {
            folder.Save(step, checkpoint);
            if (_trouble is not null) node.Tell(new Notice("keeps checkpoints again"));
            _trouble = null;
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (_trouble is null)
                node.Tell(new Notice($"keeps no checkpoints: {e.Message}; tries again every 10 s"));
            (_trouble, _troubleAt) = (e.Message, node.Time.GetTimestamp());
            return false;
        }
    }

    void ILinkOwner.Closed(string reason) => actor.Tell(new Closed(this, reason));

    /// <summary>The first checkpoint has come.</summary>
    internal sealed record HasBegun(StandbyKeeper Keeper);

    /// <summary>The link is gone: nothing is written any more.</summary>
    internal sealed record Closed(StandbyKeeper Keeper, string Reason);
}
