using ActorTrain.Actors.Bulk;
using ActorTrain.Actors.Protocol;
using ActorTrain.Core.Tests.Support;
using ActorTrain.Kernels;
using ActorTrain.Server;
using Akka.Hosting;

namespace ActorTrain.Actors.Tests.Ranges;

/// <summary>The ends of links to the holders of ranges: what they take, and what closes them.</summary>
public class RangeLinkTests(ITestOutputHelper output) : Akka.Hosting.TestKit.TestKit(nameof(RangeLinkTests), output)
{
    private const long Server = 3;
    private static readonly TrainingPlan Plan = new(Tiny.Recipe, Tiny.Data.Description);
    private static readonly ParameterRange Range = new(7, 16);
    private static readonly ParameterRange Before = new(0, 7);
    private static readonly WorkKey Key = new(Server, 2, 2, WorkKind.Gradient, new(1, 1));
    private static readonly byte[] Payload = [.. Enumerable.Range(0, 64).Select(i => (byte)i)];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_holder_gets_its_range_then_what_to_do_with_it()
    {
        var link = HolderEnd();
        Assert.Null(Deliver(link, RangeFrames.VectorOf(BulkKind.Moments, Server, 2, 64, 7), Payload));
        Assert.Null(Deliver(link, RangeFrames.VectorOf(BulkKind.Weights, Server, 2, 64, 7), Payload));
        var given = await ExpectMsgAsync<RangeHolderActor.Given>(cancellationToken: Ct);
        Assert.Equal((16, 2), (given.Parameters.Count, given.Optimizer.Step));
        Assert.Equal(Payload, FloatBytes.Of(given.Optimizer.Moments[0].Memory).ToArray());
        var (header, nodes) = RangeFrames.UpdateOf(Server, 2, [new(1, 0), new(0, 2), new(0, 3)]);
        Assert.Null(Deliver(link, header, nodes));
        var update = await ExpectMsgAsync<UpdateOrdered>(cancellationToken: Ct);
        Assert.Equal(2, update.Version);
        Assert.Equal<TreeNode>([new(1, 0), new(0, 2), new(0, 3)], update.Nodes);
        Assert.Null(Deliver(link, new(BulkKind.Ask, Incarnation: Server), []));
        await ExpectMsgAsync<RangeAsked>(cancellationToken: Ct);
    }

    [Fact]
    public void A_holder_refuses_what_does_not_belong_to_it()
    {
        var link = HolderEnd();
        var moments = RangeFrames.VectorOf(BulkKind.Moments, Server, 2, 64, 7);
        Assert.Equal(
            "Moments of server 2, this is server 3's link",
            Deliver(link, moments with { Incarnation = 2 }, Payload));
        Assert.Equal(
            "Weights of 64 bytes from element 7 on, which does not belong to the holder of 7–22",
            Deliver(link, moments with { Kind = BulkKind.Weights }, Payload));
        Assert.NotNull(Deliver(link, moments with { Level = 1 }, Payload));
        Assert.NotNull(Deliver(link, moments with { Offset = 0 }, Payload));
        Assert.NotNull(Deliver(link, moments with { PayloadBytes = 60 }, Payload[..60]));
        Assert.NotNull(Deliver(link, new(BulkKind.Ask, Incarnation: Server), []));
        Assert.NotNull(Deliver(link, new(BulkKind.Order, Incarnation: Server), []));
        Assert.Null(Deliver(link, moments, Payload));
        Assert.NotNull(Deliver(link, moments with { Level = 1 }, Payload));
        Assert.Null(Deliver(link, moments with { Kind = BulkKind.Weights }, Payload));
        Assert.NotNull(Deliver(link, moments with { Kind = BulkKind.Weights }, Payload));
        Assert.NotNull(Deliver(link, new(BulkKind.Update, Incarnation: Server, PayloadBytes: 40), new byte[40]));
    }

    [Fact]
    public async Task A_holder_takes_pulls_and_each_gradient_once()
    {
        var link = new HolderWorkerLink(worker: 5, Server, Plan, Range, TestActor);
        Assert.Null(Deliver(link, RangeFrames.PullOf(Server, 2), []));
        Assert.Equal(new ParametersPulled(5, 2), await ExpectMsgAsync<ParametersPulled>(cancellationToken: Ct));
        Assert.Null(Deliver(link, Gradient(Key), Payload));
        Assert.Null(Deliver(link, Gradient(Key), new byte[64]));
        Assert.Null(Deliver(link, Gradient(Key with { Version = 1, Step = 1 }), new byte[64]));
        var pushed = await ExpectMsgAsync<GradientPushed>(cancellationToken: Ct);
        Assert.Equal(Key, pushed.Key);
        Assert.Equal(Payload, FloatBytes.Of(pushed.Gradient.Memory).ToArray());
        link.Closed("the test closes it");
        Assert.Equal(new WorkerDetached(5), await ExpectMsgAsync<WorkerDetached>(cancellationToken: Ct));
    }

    [Fact]
    public void A_holder_refuses_what_is_no_gradient_of_its_range()
    {
        var link = new HolderWorkerLink(worker: 5, Server, Plan, Range, TestActor);
        Assert.Equal(
            "GradientAnswer for server 2, this is a link of server 3's",
            Deliver(link, Gradient(Key with { Incarnation = 2 }), Payload));
        Assert.Equal(
            "GradientAnswer of 64 bytes from element 0 on for Gradient of node 1:1, version 2, which does not belong "
                + "to the holder of 7–22",
            Deliver(link, Gradient(Key) with { Offset = 0 }, Payload));
        Assert.NotNull(Deliver(link, Gradient(Key) with { PayloadBytes = 60 }, Payload[..60]));
        Assert.NotNull(Deliver(link, Gradient(Key) with { Encoding = BulkEncoding.BFloat16 }, Payload));
        Assert.NotNull(Deliver(link, Gradient(Key with { Kind = WorkKind.Evaluation }), Payload));
        Assert.NotNull(Deliver(link, Gradient(Key with { Version = 1 }), Payload));
        Assert.NotNull(Deliver(link, Gradient(Key with { Version = 10, Step = 10 }), Payload));
        Assert.NotNull(Deliver(link, Gradient(Key with { Node = new(1, 2) }), Payload));
        Assert.NotNull(Deliver(link, Gradient(Key with { Node = new(9, 0) }), Payload));
        // Their first leaf is beyond 32 bits: each would be one more node of the tree.
        Assert.NotNull(Deliver(link, Gradient(Key with { Node = new(2, (1 << 29) + 2) }), Payload));
        Assert.NotNull(Deliver(link, Gradient(Key with { Node = new(2, (1 << 30) - 1) }), Payload));
        Assert.NotNull(Deliver(link, new(BulkKind.Weights, Incarnation: Server, PayloadBytes: 64), Payload));
    }

    [Fact]
    public async Task The_server_takes_confirmations_and_a_range_that_it_has_asked_for()
    {
        var link = new HolderLink(index: 1, Range, Server, TestActor, TestActor);
        Assert.Null(Deliver(link, BulkWork.HeaderOf(BulkKind.Pushed, Key), []));
        Assert.Equal(new PushConfirmed(1, Key), await ExpectMsgAsync<PushConfirmed>(cancellationToken: Ct));
        var moments = RangeFrames.VectorOf(BulkKind.Moments, Server, 2, 64, 7);
        Assert.Equal(
            "Moments of 64 bytes of version 2, which was not asked for, of the holder of 7–22",
            Deliver(link, moments, Payload));
        var collection = new RangeCollection(Plan, version: 2, ranges: 1, new());
        link.Expect(collection);
        Assert.NotNull(Deliver(link, moments with { Version = 1 }, Payload));
        Assert.NotNull(Deliver(link, moments with { Kind = BulkKind.Weights }, Payload));
        Assert.Null(Deliver(link, moments, Payload));
        Assert.Null(Deliver(link, moments with { Kind = BulkKind.Weights }, Payload));
        Assert.Same(
            collection, (await ExpectMsgAsync<RangeHolders.RangeCame>(cancellationToken: Ct)).Collection);
        var whole = collection.Add()!;
        Assert.Equal(Payload, FloatBytes.Of(whole.Parameters.Memory.Slice(7, 16)).ToArray());
        Assert.Equal(Payload, FloatBytes.Of(whole.Optimizer.Moments[0].Memory.Slice(7, 16)).ToArray());
        Assert.NotNull(Deliver(link, BulkWork.HeaderOf(BulkKind.Pushed, Key with { Incarnation = 2 }), []));
        Assert.NotNull(Deliver(link, moments, Payload));
    }

    [Fact]
    public void A_gradient_goes_to_the_holders_and_the_rest_of_its_sum_to_the_server()
    {
        RecordingLink server = new(), first = new(), second = new();
        var sender = new AnswerSender(server, Tiny.Recipe, new([(Before, first), (Range, second)]));
        var order = new GradientOrder(Key, TrainingState.Initial(Tiny.Recipe).Parameters);
        var answer = (GradientAnswer)new ShardComputation(Plan, Tiny.Data, new ManagedMatMul()).Answer(order);
        sender.ProgressOf(order)!(answer.Sum.Gradient, finalFrom: 7);
        Assert.Empty(first.Frames);
        Assert.Equal(7, Assert.Single(second.Frames).Header.Offset);
        sender.Send(answer);
        Assert.Equal(answer.Sum.Gradient.Span.ToArray(), first.Floats.Concat(second.Floats));
        Assert.Equal(
            new(
                BulkKind.GradientAnswer, BulkEncoding.Float32, 0, 1, Server, 2, 2, 1, PayloadBytes: 0,
                answer.Sum.LossSum, answer.Sum.Correct, answer.Sum.Rows),
            Assert.Single(server.Frames).Header);
    }

    [Fact]
    public async Task The_server_takes_the_rest_of_a_sum_and_no_gradient()
    {
        var link = new WorkerLink(new("a", 1), Plan, TestActor, TestActor, isSplit: true);
        link.Expect(new GradientOrder(Key, TrainingState.Initial(Tiny.Recipe).Parameters));
        var header = BulkWork.HeaderOf(BulkKind.GradientAnswer, Key, encoding: BulkEncoding.Float32);
        var bytes = Tiny.Recipe.Model.Layout.Count * sizeof(float);
        Assert.NotNull(Deliver(link, header with { PayloadBytes = bytes }, new byte[bytes]));
        Assert.NotNull(Deliver(
            link, header with { Kind = BulkKind.GradientPart, Offset = 7, PayloadBytes = 64 }, Payload));
        Assert.Null(Deliver(link, header with { LossSum = 1.5, Correct = 2, Rows = 4 }, []));
        var done = await ExpectMsgAsync<TrainingProtocol.WorkDone>(cancellationToken: Ct);
        var sum = Assert.IsType<GradientAnswer>(done.Answer).Sum;
        Assert.Equal((1.5, 2, 4), (sum.LossSum, sum.Correct, sum.Rows));
    }

    protected override void ConfigureAkka(AkkaConfigurationBuilder builder, IServiceProvider provider)
    {
    }

    private HolderServerLink HolderEnd() => new(Server, Plan, Range, TestActor, TestActor);

    private static BulkHeader Gradient(WorkKey key) =>
        BulkWork.HeaderOf(BulkKind.GradientAnswer, key, 64, BulkEncoding.Float32) with { Offset = 7 };

    private static string? Deliver(ILinkOwner link, BulkHeader header, byte[] payload)
    {
        if (!link.TryPlace(header, out var place, out var refusal)) return refusal;
        payload.CopyTo(place);
        link.Arrived(header, place);
        return null;
    }

    private sealed class RecordingLink : ILink
    {
        public List<(BulkHeader Header, byte[] Payload)> Frames { get; } = [];

        public float[] Floats =>
            System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(Frames.Single().Payload).ToArray();

        public int Pending => 0;

        public void Send(in BulkHeader header, ReadOnlyMemory<byte> payload) =>
            Frames.Add((header, payload.ToArray()));

        public void Leave()
        {
        }

        public void Dispose()
        {
        }
    }
}
