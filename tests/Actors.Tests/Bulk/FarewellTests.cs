using ActorTrain.Actors.Bulk;
using ActorTrain.Actors.Tests.Security;

namespace ActorTrain.Actors.Tests.Bulk;

/// <summary>How a link ends on purpose: what was said before arrives, and both owners are told.</summary>
[Collection(BulkTests.Name)]
public class FarewellTests
{
    [Fact]
    public void A_disposed_link_tells_both_owners()
    {
        using var listener = new TestListener();
        var owner = new TestOwner();
        listener.Connect(owner).Dispose();
        Assert.Equal("closed on this side", owner.ClosingReason);
        Assert.Equal("the peer closed the connection", listener.Owner.ClosingReason);
    }

    [Fact]
    public void An_owner_may_dispose_of_its_link_while_it_is_called()
    {
        using var listener = new TestListener();
        var owner = new DisposingOwner();
        listener.Connect(owner);
        listener.Owner.Link.Send(new(BulkKind.Bye), default);
        Assert.Equal("the peer closed the connection", listener.Owner.ClosingReason);
        Assert.True(owner.Closed.Wait(TestOwner.Patience, TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_farewell_arrives_behind_large_frames_that_wait_and_with_incoming_ones_that_nobody_reads(
        bool isSecured)
    {
        var settings = new BulkSettings { SocketBufferBytes = 4096, FarewellTimeout = TestOwner.Patience };
        using var listener = new TestListener(isSecured ? TestCertificates.Tls() : null, settings);
        var gate = new ManualResetEventSlim();
        var leaving = new SlowOwner(gate);
        var link = listener.Connect(leaving, isSecured ? TestCertificates.Tls() : null, settings: settings);
        var payload = new byte[300_000];
        for (var step = 0; step < 16; step++)
        {
            listener.Owner.Link.Send(new(BulkKind.Weights, Step: step, PayloadBytes: payload.Length), payload);
            link.Send(new(BulkKind.GradientAnswer, Step: step, PayloadBytes: payload.Length), payload);
        }
        link.Leave();
        link.Send(new(BulkKind.GradientAnswer, Step: 16, PayloadBytes: payload.Length), payload);
        gate.Set();
        for (var step = 0; step < 16; step++)
            Assert.Equal((BulkKind.GradientAnswer, step), KindAndStep(listener.Owner.Next()));
        Assert.Equal(BulkKind.Bye, listener.Owner.Next().Header.Kind);
        Assert.Equal("the peer closed the connection", listener.Owner.ClosingReason);
        Assert.Equal("closed on this side", leaving.ClosingReason);
        Assert.Equal((0, 0), (leaving.Steps.Count, listener.Owner.ArrivedCount));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_farewell_to_a_peer_that_sends_on_and_on_arrives_before_the_link_is_closed(bool isSecured)
    {
        using var listener = new TestListener(isSecured ? TestCertificates.Tls() : null);
        var leaving = new TestOwner();
        var link = listener.Connect(leaving, isSecured ? TestCertificates.Tls() : null);
        var payload = new byte[100_000];
        listener.Owner.OnArrived = (back, header) =>
        {
            if (header.Kind == BulkKind.Bye) back.Dispose();
        };
        var sending = new Thread(() =>
        {
            while (listener.Owner.Closings == 0)
            {
                if (listener.Owner.Link.Pending < 8)
                    listener.Owner.Link.Send(new(BulkKind.Weights, PayloadBytes: payload.Length), payload);
                else Thread.Yield();
            }
        });
        sending.Start();
        Assert.Equal(BulkKind.Weights, leaving.Next().Header.Kind);
        link.Leave();
        Assert.Equal(BulkKind.Bye, listener.Owner.Next().Header.Kind);
        Assert.Equal("closed on this side", listener.Owner.ClosingReason);
        Assert.Equal("closed on this side", leaving.ClosingReason);
        sending.Join();
    }

    [Fact]
    public void A_link_is_left_in_time_whether_the_peer_closes_its_end_or_not()
    {
        using var listener = new TestListener(settings: new() { FarewellTimeout = TimeSpan.FromSeconds(0.4) });
        using var peer = listener.ConnectRaw(listener.AttachFrame());
        listener.Owner.Link.Leave();
        Assert.Equal("closed on this side", listener.Owner.ClosingReason);
        var bye = new byte[BulkHeader.Bytes];
        Assert.Equal(bye.Length, peer.Receive(bye));
        Assert.Equal(TestListener.Frame(new(BulkKind.Bye)), bye);
        Assert.Equal(0, peer.Receive(bye));
    }

    private static (BulkKind Kind, long Step) KindAndStep((BulkHeader Header, byte[] Payload) frame) =>
        (frame.Header.Kind, frame.Header.Step);

    private sealed class DisposingOwner : ILinkOwner
    {
        private ILink? _link;

        public ManualResetEventSlim Closed { get; } = new();

        public void Opened(ILink link) => _link = link;

        public bool TryPlace(in BulkHeader header, out Memory<byte> place, out string? refusal)
        {
            (place, refusal) = (default, null);
            return true;
        }

        public void Arrived(in BulkHeader header, ReadOnlyMemory<byte> payload) => _link!.Dispose();

        void ILinkOwner.Closed(string reason) => Closed.Set();
    }
}
