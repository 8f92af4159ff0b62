namespace ActorTrain.Actors.Bulk;

/// <summary>The bounds of the bulk path.</summary>
public sealed record BulkSettings
{
    /// <summary>From a peer's connection to the end of its attach frame, TLS included. Default 5 s.</summary>
    public TimeSpan AttachTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a frame may stand still, either way, before the link is closed. Default 10 s.</summary>
    public TimeSpan FrameTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a link that was left waits until the peer has closed its end. Default 2 s.</summary>
    public TimeSpan FarewellTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// How long a link may say nothing before the system asks whether the peer is there, so that no firewall on the way
    /// forgets it. Whole seconds. Default 10 s.
    /// </summary>
    public TimeSpan KeepAliveTime { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long the peer's system may answer nothing, while the link is idle or something is on its way, before it is
    /// closed; for what is on its way only Linux can be told so. Whole seconds. Default 20 s.
    /// </summary>
    public TimeSpan SilenceTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Peers at once that are connected but not attached yet; further ones are refused. Default 64.</summary>
    public int MaximumUnattached { get; init; } = 64;

    /// <summary>
    /// Frames that may wait to be sent; with one more the link is stuck. Default 8192: the most that any node has to
    /// send at once is what its 1024 shards end their local steps with, parameters and a few moments each, or the
    /// largest vector in its smallest pieces. Payloads are borrowed, so a full queue takes 1 MB.
    /// </summary>
    public int QueueFrames { get; init; } = 8192;

    /// <summary>
    /// Of the socket's send and receive buffer, each; the system may give less. Default 1 MiB: what waits in the
    /// buffers should still be in the processor's cache when it is read.
    /// </summary>
    public int SocketBufferBytes { get; init; } = 1 << 20;
}
