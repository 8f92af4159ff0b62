using ActorTrain.Actors.Bulk;
using ActorTrain.Actors.Protocol;
using Akka.Actor;

namespace ActorTrain.Actors;

/// <summary>
/// A link whose frames are messages of Akka.Remote, in pieces: slow, without back-pressure and simple. The reference
/// that the bulk connection is compared with.
/// </summary>
internal sealed class AkkaLinkActor : ReceiveActor, IWithTimers
{
    private const string ClosedHere = "closed on this side";

    private static readonly TimeSpan FarewellTimeout = new BulkSettings().FarewellTimeout;

    private readonly ILinkOwner _owner;
    private readonly IActorRef _peer;
    private readonly (Guid Run, BulkToken Token)? _attach;
    private string _reason = ClosedHere;
    private bool _isLeaving;

    /// <summary>A link that is open at once.</summary>
    public AkkaLinkActor(ILinkOwner owner, IActorRef peer, (Guid Run, BulkToken Token)? attach)
    {
        (_owner, _peer, _attach) = (owner, peer, attach);
        var assembler = new ChunkAssembler(owner);
        Receive<ClusterProtocol.BulkChunk>(m =>
        {
            if (!_isLeaving && assembler.Take(m) is { } refusal) Close(refusal);
        });
        Receive<Terminated>(_ => Close(_isLeaving ? ClosedHere : "the peer is gone"));
        Receive<Leave>(_ =>
        {
            // News of the actor's end would overtake the last frame.
            _isLeaving = true;
            Timers.StartSingleTimer("farewell", PoisonPill.Instance, FarewellTimeout);
        });
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>How to make one.</summary>
    /// <param name="owner">Whose link it is.</param>
    /// <param name="peer">The other end.</param>
    /// <param name="attach">What it is to be shown first; none on the side that was shown it.</param>
    public static Props Props(ILinkOwner owner, IActorRef peer, (Guid Run, BulkToken Token)? attach = null) =>
        Akka.Actor.Props.Create(() => new AkkaLinkActor(owner, peer, attach));

    /// <summary>True for the piece that shows this token.</summary>
    public static bool Shows(ClusterProtocol.BulkChunk chunk, BulkToken token) =>
        chunk.Bytes.Length == BulkHeader.Bytes + BulkHeader.AttachBytes
        && BulkHeader.TryRead(chunk.Bytes.Span, out var header, out _) && header.Kind == BulkKind.Attach
        && BulkToken.Read(chunk.Bytes.Span[^BulkToken.Bytes..]) == token;

    /// <inheritdoc/>
    protected override void PreStart()
    {
        Context.Watch(_peer);
        if (_attach is var (run, token))
        {
            var bytes = new byte[BulkHeader.Bytes + BulkHeader.AttachBytes];
            new BulkHeader(BulkKind.Attach, PayloadBytes: BulkHeader.AttachBytes).Write(bytes);
            run.TryWriteBytes(bytes.AsSpan(BulkHeader.Bytes), bigEndian: true, out _);
            token.Write(bytes.AsSpan(^BulkToken.Bytes..));
            _peer.Tell(new ClusterProtocol.BulkChunk(Stream: 0, Index: 0, Count: 1, bytes));
        }
        _owner.Opened(new AkkaLink(Self, _peer));
    }

    /// <inheritdoc/>
    protected override void PostStop() => _owner.Closed(_reason);

    /// <summary>What its owner throws closes it.</summary>
    protected override void PreRestart(Exception reason, object message) => Context.Stop(Self);

    private void Close(string reason)
    {
        _reason = reason;
        Context.Stop(Self);
    }

    /// <summary>The last frame is sent: wait until the peer is gone.</summary>
    internal sealed record Leave
    {
        public static Leave Instance { get; } = new();
    }
}

/// <summary>Sends frames as messages from one actor to another.</summary>
internal sealed class AkkaLink(IActorRef self, IActorRef peer) : ILink
{
    private long _frames;
    private volatile bool _isLeft;

    /// <summary>Not known: Akka.Remote takes whatever it is given.</summary>
    public int Pending => 0;

    /// <inheritdoc/>
    public void Send(in BulkHeader header, ReadOnlyMemory<byte> payload)
    {
        if (_isLeft) return;
        var head = new byte[BulkHeader.Bytes];
        header.Write(head);
        var stream = Interlocked.Increment(ref _frames);
        const int most = WireLimits.MaxChunkPayloadBytes;
        var count = 1 + ((payload.Length + most - 1) / most);
        peer.Tell(new ClusterProtocol.BulkChunk(stream, 0, count, head), self);
        for (var i = 1; i < count; i++)
        {
            var start = (i - 1) * most;
            peer.Tell(new ClusterProtocol.BulkChunk(
                stream, i, count, payload.Slice(start, Math.Min(most, payload.Length - start))), self);
        }
    }

    /// <inheritdoc/>
    public void Leave()
    {
        Send(new BulkHeader(BulkKind.Bye), default);
        _isLeft = true;
        self.Tell(AkkaLinkActor.Leave.Instance);
    }

    /// <inheritdoc/>
    public void Dispose() => self.Tell(PoisonPill.Instance);
}
