namespace ActorTrain.Actors.Bulk;

/// <summary>One end of a way for frames between two nodes.</summary>
public interface ILink : IDisposable
{
    /// <summary>
    /// Frames that are not wholly on their way yet. At 0 all payloads' memory is free again, but for shared one.
    /// </summary>
    int Pending { get; }

    /// <summary>
    /// Sends a frame, or as much of it as can go at once, and puts the rest in the queue; never waits, never copies the
    /// payload. A link whose queue is full is stuck, and is closed. On a closed link nothing happens.
    /// </summary>
    /// <param name="header">Its <see cref="BulkHeader.PayloadBytes"/> is the payload's length.</param>
    /// <param name="payload">
    /// Must not change before it is sent. Of one in shared memory only the place is: if that is handed out anew before
    /// the peer has read it, the peer closes the link.
    /// </param>
    void Send(in BulkHeader header, ReadOnlyMemory<byte> payload);

    /// <summary>
    /// Closes the link with a <see cref="BulkKind.Bye"/> behind what waits, when the peer has closed its end too, or
    /// after a short time: a connection that is closed while something comes is reset, and what was sent last is lost
    /// with it. Returns at once; nothing more is sent, and what still comes is dropped.
    /// </summary>
    void Leave();
}

/// <summary>Whose link it is. All calls come from one thread, which receives nothing while a call lasts.</summary>
public interface ILinkOwner
{
    /// <summary>First and once: the link is there, frames may be sent.</summary>
    void Opened(ILink link);

    /// <summary>Says where a payload is to be received; for each frame, before a byte of its payload is read.</summary>
    /// <param name="header">Of the frame; consistent in itself, but nothing more is checked.</param>
    /// <param name="place">Exactly <see cref="BulkHeader.PayloadBytes"/> long; reused memory, if garbage matters, and
    /// on a cache line, if time does: the system's copy to other places takes up to five times as long.</param>
    /// <param name="refusal">Why this frame is not expected, or too long; the link is then closed for it.</param>
    bool TryPlace(in BulkHeader header, out Memory<byte> place, out string? refusal);

    /// <summary>A whole frame has come.</summary>
    /// <param name="header">As in <see cref="TryPlace"/>.</param>
    /// <param name="payload">The place, filled.</param>
    void Arrived(in BulkHeader header, ReadOnlyMemory<byte> payload);

    /// <summary>Last and once, whoever closed the link: no further frame is received or sent.</summary>
    /// <param name="reason">Why, for a log.</param>
    void Closed(string reason);
}
