using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ActorTrain.Actors.Bulk;
using ActorTrain.Core.Tests.Support;
using ActorTrain.Kernels;
using ActorTrain.Server;

namespace ActorTrain.Actors.Tests.Bulk;

[Collection(BulkTests.Name)]
public sealed class SharedMemoryTests : IDisposable
{
    private readonly SharedMemory _memory = SharedMemory.TryCreate()
        ?? throw new PlatformNotSupportedException("shared memory is for Linux");

    private readonly PeerMemory _peer = new();

    public void Dispose() => _peer.Dispose();

    [Fact]
    public void What_one_side_has_written_the_other_reads_by_its_place()
    {
        var floats = _memory.Take(100_000);
        for (var i = 0; i < floats.Length; i++) floats.Span[i] = i;
        var payload = FloatBytes.Of(floats[10_000..90_000]);
        var place = SharedPlace.Read(_memory.PlaceOf(payload.Span)!.Value.ToBytes());
        var received = new byte[payload.Length];
        _peer.Read(place, received);
        Assert.Equal(10_000, MemoryMarshal.Cast<byte, float>(received)[0]);
        Assert.Equal(payload.ToArray(), received);
    }

    [Fact]
    public void A_peer_can_try_whether_it_can_read()
    {
        Assert.True(_peer.CanRead(_memory.Probe));
        Assert.False(new PeerMemory().CanRead(_memory.Probe with { Id = Guid.NewGuid() }));
        Assert.False(_peer.CanRead(_memory.Probe with { File = 0, Id = Guid.NewGuid() }));
        Assert.False(_peer.CanRead(_memory.Probe with { Process = int.MaxValue, Id = Guid.NewGuid() }));
    }

    [Fact]
    public void Nothing_has_a_name_that_could_be_left_behind()
    {
        var taken = _memory.PlaceOf(FloatBytes.Of(_memory.Take(100_000)).Span)!.Value;
        foreach (var id in new[] { _memory.Probe.Id, taken.Id })
            Assert.False(File.Exists($"{SharedMemory.NamePrefix}{id:N}"));
    }

    [Fact]
    public void A_place_beyond_its_memory_is_refused()
    {
        var floats = _memory.Take(100_000);
        var place = _memory.PlaceOf(FloatBytes.Of(floats).Span)!.Value;
        foreach (var offset in (long[])[-4, 4, 400_000, long.MaxValue])
            Assert.Throws<FrameException>(() => _peer.Read(place with { Offset = offset }, new byte[400_000]));
        Assert.Throws<FrameException>(() => _peer.Read(place with { Id = Guid.NewGuid() }, new byte[4]));
    }

    [Fact]
    public void Small_vectors_and_those_beyond_its_number_lie_elsewhere()
    {
        Assert.True(_memory.Take(1000).IsEmpty);
        var taken = Enumerable.Range(0, 70).Select(_ => _memory.Take(1 << 16)).Count(m => !m.IsEmpty);
        Assert.Equal(63, taken);
        Assert.Null(_memory.PlaceOf(new byte[1 << 20]));
    }

    [Fact]
    public void Two_ends_of_a_link_that_can_read_each_others_memory_send_places()
    {
        using var listener = new TestListener(shared: SharedMemory.TryCreate());
        var owner = new TestOwner();
        using var link = listener.Connect(owner, shared: _memory);
        var other = (BulkConnection)listener.Owner.Link;
        Assert.True(SpinWait.SpinUntil(() => link.IsSharing && other.IsSharing, TestOwner.Patience));
        var floats = _memory.Take(100_000);
        floats.Span.Fill(7);
        var payload = FloatBytes.Of(floats);
        var header = new BulkHeader(BulkKind.Weights, BulkEncoding.Float32, PayloadBytes: payload.Length);
        link.Send(header, payload);
        link.Send(header with { Version = 1 }, payload.ToArray());
        foreach (var version in new[] { 0, 1 })
        {
            var arrived = listener.Owner.Next();
            Assert.Equal(header with { Version = version }, arrived.Header);
            Assert.Equal(payload.ToArray(), arrived.Payload);
        }
    }

    [Theory, InlineData(true), InlineData(false)]
    public void A_place_that_is_handed_out_anew_before_it_is_read_closes_the_link_and_is_not_taken(bool isToListener)
    {
        var listenersMemory = SharedMemory.TryCreate()!;
        using var listener = new TestListener(shared: listenersMemory);
        var owner = new TestOwner();
        using var link = listener.Connect(owner, shared: _memory);
        var other = (BulkConnection)listener.Owner.Link;
        Assert.True(SpinWait.SpinUntil(() => link.IsSharing && other.IsSharing, TestOwner.Patience));
        var (sender, memory, paused) = isToListener
            ? (link, _memory, listener.Owner)
            : (other, listenersMemory, owner);
        using var goesOn = new ManualResetEventSlim();
        paused.OnArrived = (_, _) => goesOn.Wait(TestOwner.Patience);
        var pool = new VectorPool(memory.Take);
        var vector = pool.Take(100_000);
        vector.Memory.Span.Fill(7);
        var payload = FloatBytes.Of(vector.Memory);
        var header = new BulkHeader(BulkKind.Weights, BulkEncoding.Float32, PayloadBytes: payload.Length);
        sender.Send(header, payload);
        Assert.Equal(payload.ToArray(), paused.Next().Payload);
        // This one waits behind the first, which the peer is still busy with.
        sender.Send(header with { Version = 1 }, payload);
        pool.Return(vector.Frozen);
        Assert.Same(vector, pool.Take(100_000));
        vector.Memory.Span.Fill(8);
        goesOn.Set();
        Assert.Equal("a place in shared memory that was used again before it was read", paused.ClosingReason);
        Assert.Equal(0, paused.ArrivedCount);
    }

    [Fact]
    public void What_is_written_anew_and_told_anew_arrives()
    {
        using var listener = new TestListener(shared: SharedMemory.TryCreate());
        using var link = listener.Connect(new TestOwner(), shared: _memory);
        Assert.True(SpinWait.SpinUntil(() => link.IsSharing, TestOwner.Patience));
        var pool = new VectorPool(_memory.Take);
        for (var version = 0; version < 10; version++)
        {
            var vector = pool.Take(100_000);
            vector.Memory.Span.Fill(version);
            var payload = FloatBytes.Of(vector.Memory);
            link.Send(
                new(BulkKind.Weights, BulkEncoding.Float32, Version: version, PayloadBytes: payload.Length), payload);
            var arrived = listener.Owner.Next();
            Assert.Equal(version, arrived.Header.Version);
            Assert.Equal(payload.ToArray(), arrived.Payload);
            pool.Return(vector.Frozen);
        }
    }

    [Theory, InlineData(2, 0), InlineData(1, 1), InlineData(1, 0)]
    public void A_gradient_can_be_read_until_an_order_of_another_server_or_version_is_computed(
        long incarnation, long version)
    {
        var plan = new TrainingPlan(
            Tiny.Recipe with { Model = Sequential.Mlp(4, 10_000, 2) }, Tiny.Data.Description);
        var computation = new ShardComputation(plan, Tiny.Data, new ManagedMatMul(), _memory.Take);
        var first = FloatBytes.Of(GradientFor(incarnation: 1, version: 0));
        var (place, gradient, received) = (_memory.PlaceOf(first.Span)!.Value, first.ToArray(), new byte[first.Length]);
        GradientFor(incarnation, version);
        if ((incarnation, version) == (1, 0)) _peer.Read(place, received);
        else Assert.Throws<FrameException>(() => _peer.Read(place, received));
        Assert.Equal((incarnation, version) == (1, 0) ? gradient : new byte[first.Length], received);

        ReadOnlyMemory<float> GradientFor(long incarnation, long version)
        {
            var key = new WorkKey(incarnation, version, 0, WorkKind.Gradient, plan.TreeOf(0).Root);
            var order = new GradientOrder(key, TrainingState.Initial(plan.Recipe).Parameters);
            return ((GradientAnswer)computation.Answer(order)).Sum.Gradient.Memory;
        }
    }

    [Fact]
    public void What_is_written_anew_while_it_is_copied_is_never_taken()
    {
        var pool = new VectorPool(_memory.Take);
        var (told, isOver) = ((StrongBox<(SharedPlace Place, float Value)>?)null, false);
        var writer = new Thread(() =>
        {
            for (var value = 1; !Volatile.Read(ref isOver); value++)
            {
                var vector = pool.Take(100_000);
                vector.Memory.Span.Fill(value);
                var place = _memory.PlaceOf(FloatBytes.Of(vector.Memory).Span)!.Value;
                Volatile.Write(ref told, new((place, value)));
                Thread.SpinWait(value % 5000);
                pool.Return(vector.Frozen);
            }
        })
        { IsBackground = true };
        writer.Start();
        var received = new float[100_000];
        var taken = 0;
        for (var until = Environment.TickCount64 + 500; Environment.TickCount64 < until || taken == 0;)
        {
            if (Volatile.Read(ref told) is not { Value: var (place, value) }) continue;
            try
            {
                _peer.Read(place, MemoryMarshal.AsBytes(received.AsSpan()));
            }
            catch (FrameException)
            {
                continue;
            }
            taken++;
            Assert.Equal(-1, received.AsSpan().IndexOfAnyExcept(value));
        }
        Volatile.Write(ref isOver, true);
        writer.Join();
    }

    [Fact]
    public void An_end_without_shared_memory_gets_everything_through_the_connection()
    {
        using var listener = new TestListener();
        using var link = listener.Connect(new TestOwner(), shared: _memory);
        var payload = FloatBytes.Of(_memory.Take(100_000));
        link.Send(new(BulkKind.Weights, BulkEncoding.Float32, PayloadBytes: payload.Length), payload);
        Assert.Equal(payload.ToArray(), listener.Owner.Next().Payload);
        Assert.False(link.IsSharing);
    }

    [Fact]
    public void A_place_that_nobody_agreed_to_read_is_refused()
    {
        using var listener = new TestListener();
        var header = new BulkHeader(BulkKind.Weights, PayloadBytes: 400_000, IsShared: true);
        using var peer = listener.ConnectRaw(
            listener.AttachFrame(), TestListener.Frame(header, _memory.Probe.ToBytes()));
        Assert.Equal("a payload in shared memory, which was not agreed", listener.Owner.ClosingReason);
    }
}
