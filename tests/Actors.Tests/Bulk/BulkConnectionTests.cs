using System.Net.Sockets;
using ActorTrain.Actors.Bulk;
using ActorTrain.Actors.Protocol;
using ActorTrain.Actors.Tests.Security;

namespace ActorTrain.Actors.Tests.Bulk;

[Collection(BulkTests.Name)]
public class BulkConnectionTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Frames_arrive_whole_and_in_order_both_ways(bool isSecured)
    {
        using var listener = new TestListener(isSecured ? TestCertificates.Tls() : null);
        var owner = new TestOwner();
        using var link = listener.Connect(owner, isSecured ? TestCertificates.Tls() : null);
        Assert.Same(link, owner.Link);
        var random = new Random(1);
        foreach (var bytes in new[] { 0, 1, 15935, 15936, 15937, 437544, 1 << 20 })
        {
            var payload = new byte[bytes];
            random.NextBytes(payload);
            var header = new BulkHeader(BulkKind.Weights, BulkEncoding.Float32, Version: bytes, PayloadBytes: bytes);
            link.Send(header, payload);
            listener.Owner.Link.Send(header with { Kind = BulkKind.GradientAnswer }, payload);
            Assert.Equal((header, payload), listener.Owner.Next(), ByContent);
            Assert.Equal((header with { Kind = BulkKind.GradientAnswer }, payload), owner.Next(), ByContent);
        }
        Assert.True(SpinWait.SpinUntil(() => link.Pending == 0, TestOwner.Patience));
    }

    [Fact]
    public void The_frames_of_a_peer_that_is_slow_to_read_wait_and_arrive()
    {
        using var listener = new TestListener(settings: new() { SocketBufferBytes = 4096 });
        var gate = new ManualResetEventSlim();
        var owner = new SlowOwner(gate);
        using var link = listener.Connect(owner, settings: new() { SocketBufferBytes = 4096 });
        var payload = new byte[100_000];
        for (var step = 0; step < 32; step++)
            listener.Owner.Link.Send(new(BulkKind.Weights, Step: step, PayloadBytes: payload.Length), payload);
        Assert.InRange(listener.Owner.Link.Pending, 1, 32);
        gate.Set();
        Assert.True(SpinWait.SpinUntil(() => owner.Steps.Count == 32, TestOwner.Patience));
        Assert.Equal(Enumerable.Range(0, 32).Select(step => (long)step), owner.Steps);
    }

    [Fact]
    public void All_that_the_largest_node_answers_at_once_waits_for_a_peer_that_is_slow_to_read()
    {
        // Each shard's parameters and three moments.
        const int frames = WireFormat.MaxShards * (1 + 3);
        using var listener = new TestListener(settings: new() { SocketBufferBytes = 4096 });
        var gate = new ManualResetEventSlim();
        var owner = new SlowOwner(gate);
        using var link = listener.Connect(owner, settings: new() { SocketBufferBytes = 4096 });
        var payload = new byte[100];
        for (var step = 0; step < frames; step++)
            listener.Owner.Link.Send(new(BulkKind.Weights, Step: step, PayloadBytes: payload.Length), payload);
        Assert.InRange(listener.Owner.Link.Pending, frames / 2, frames);
        gate.Set();
        Assert.True(SpinWait.SpinUntil(() => owner.Steps.Count == frames, TestOwner.Patience));
        Assert.Equal(Enumerable.Range(0, frames).Select(step => (long)step), owner.Steps);
    }

    [Fact]
    public void A_link_whose_queue_is_full_is_closed_as_stuck()
    {
        using var listener = new TestListener(settings: new() { QueueFrames = 4 });
        using var peer = listener.ConnectRaw(listener.AttachFrame());
        var link = listener.Owner.Link;
        var payload = new byte[16 << 20];
        for (var frame = 0; frame < 6; frame++) link.Send(new(BulkKind.Weights, PayloadBytes: payload.Length), payload);
        Assert.Equal("stuck: 4 frames wait to be sent", listener.Owner.ClosingReason);
        Assert.Equal(0, link.Pending);
        link.Send(new(BulkKind.Bye), default);
    }

    [Fact]
    public void A_peer_that_reads_nothing_of_a_frame_for_too_long_is_closed()
    {
        using var listener = new TestListener(settings: new() { FrameTimeout = TimeSpan.FromSeconds(0.4) });
        using var peer = listener.ConnectRaw(listener.AttachFrame());
        var payload = new byte[64 << 20];
        listener.Owner.Link.Send(new(BulkKind.Weights, PayloadBytes: payload.Length), payload);
        Assert.Equal("a frame stood still for 0.4 s", listener.Owner.ClosingReason);
    }

    [Fact]
    public void Half_a_frame_and_then_silence_closes_the_link()
    {
        using var listener = new TestListener(settings: new() { FrameTimeout = TimeSpan.FromSeconds(0.4) });
        using var peer = listener.ConnectRaw(
            listener.AttachFrame(), TestListener.Frame(new(BulkKind.Weights, PayloadBytes: 1000), new byte[500]));
        Assert.Equal("a frame stood still for 0.4 s", listener.Owner.ClosingReason);
        Assert.Equal((1, 0), (listener.Owner.Closings, listener.Owner.ArrivedCount));
    }

    [Fact]
    public void A_silent_peer_between_frames_is_no_fault()
    {
        using var listener = new TestListener(
            settings: new() { FrameTimeout = TimeSpan.FromSeconds(0.2), AttachTimeout = TimeSpan.FromSeconds(1) });
        using var peer = listener.ConnectRaw(listener.AttachFrame());
        Assert.NotNull(listener.Owner.Link);
        Thread.Sleep(1200);
        peer.Send(TestListener.Frame(new(BulkKind.Order, Step: 7)));
        Assert.Equal(7, listener.Owner.Next().Header.Step);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_peer_that_dies_in_the_middle_of_a_frame_closes_the_link_once(bool isReset)
    {
        using var listener = new TestListener();
        var peer = listener.ConnectRaw(
            listener.AttachFrame(), TestListener.Frame(new(BulkKind.Weights, PayloadBytes: 1000), new byte[500]));
        Assert.NotNull(listener.Owner.Link);
        if (isReset) peer.LingerState = new LingerOption(true, 0);
        peer.Dispose();
        Assert.NotEmpty(listener.Owner.ClosingReason);
        listener.Owner.Link.Dispose();
        Thread.Sleep(100);
        Assert.Equal((1, 0), (listener.Owner.Closings, listener.Owner.ArrivedCount));
    }

    [Fact]
    public void A_header_that_lies_about_its_payload_is_the_callers_mistake()
    {
        using var listener = new TestListener();
        using var link = listener.Connect(new TestOwner());
        var e = Assert.Throws<ArgumentException>(() => link.Send(new(BulkKind.Weights, PayloadBytes: 8), new byte[4]));
        Assert.Equal(
            "BulkConnection.Send: the header says 8 bytes, the payload has 4. (Parameter 'payload')", e.Message);
    }

    [Fact]
    public void Nobody_listening_is_an_error_that_names_the_address()
    {
        int port;
        using (var listener = new TestListener()) port = listener.Port;
        var e = Assert.Throws<IOException>(() => BulkConnection.Connect(
            "127.0.0.1", port, null, TestListener.Run, BulkToken.Create(), new TestOwner(), CancellationToken.None));
        Assert.StartsWith(
            $"no bulk connection to 127.0.0.1:{port}: Connection refused", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Beyond_loopback_there_is_no_connection_without_TLS()
    {
        const string expected = "'192.0.2.7' is not a loopback address: TLS is required. "
            + "Make certificates with 'actortrain certs', or use 127.0.0.1.";
        var connecting = Assert.Throws<ArgumentException>(() => BulkConnection.Connect(
            "192.0.2.7", 1, null, TestListener.Run, BulkToken.Create(), new TestOwner(), CancellationToken.None));
        var listening = Assert.Throws<ArgumentException>(
            () => new BulkListener("192.0.2.7", 0, null, _ => null, _ => { }));
        Assert.StartsWith(expected, connecting.Message, StringComparison.Ordinal);
        Assert.StartsWith(expected, listening.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_frame_in_the_steady_state_allocates_nothing(bool isSecured)
    {
        const int warmUp = 300, frames = 1000, bytes = 437544;
        using var listener = new TestListener(isSecured ? TestCertificates.Tls() : null);
        var owner = new BouncingOwner(bytes, warmUp, frames);
        using var link = listener.Connect(owner, isSecured ? TestCertificates.Tls() : null);
        var back = listener.Owner.Link;
        var payload = new byte[bytes];
        var stop = TestContext.Current.CancellationToken;
        for (var frame = 0; frame < warmUp + frames; frame++)
        {
            back.Send(new(BulkKind.Weights, PayloadBytes: bytes), payload);
            Assert.True(owner.Received.Wait(TestOwner.Patience, stop));
        }
        Assert.InRange(owner.AllocatedByReceiver, 0, frames - 1);
        // What else allocates is this test's own waiting, and what the runtime does behind it.
        Assert.InRange(owner.AllocatedByAll / frames, 0, 64);
    }

    private static bool ByContent((BulkHeader Header, byte[] Payload) a, (BulkHeader Header, byte[] Payload) b) =>
        a.Header == b.Header && a.Payload.AsSpan().SequenceEqual(b.Payload);

    private sealed class BouncingOwner(int bytes, int warmUp, int frames) : ILinkOwner
    {
        private readonly byte[] _place = GC.AllocateUninitializedArray<byte>(bytes);
        private int _count;

        public SemaphoreSlim Received { get; } = new(0);

        public long AllocatedByReceiver { get; private set; }

        public long AllocatedByAll { get; private set; }

        public void Opened(ILink link)
        {
        }

        public bool TryPlace(in BulkHeader header, out Memory<byte> place, out string? refusal)
        {
            (place, refusal) = (_place, null);
            return true;
        }

        public void Arrived(in BulkHeader header, ReadOnlyMemory<byte> payload)
        {
            _count++;
            if (_count == warmUp || _count == warmUp + frames)
            {
                AllocatedByReceiver = GC.GetAllocatedBytesForCurrentThread() - AllocatedByReceiver;
                AllocatedByAll = GC.GetTotalAllocatedBytes(true) - AllocatedByAll;
            }
            Received.Release();
        }

        public void Closed(string reason)
        {
        }
    }
}
