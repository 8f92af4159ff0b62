using ActorTrain.Actors.Bulk;
using ActorTrain.Actors.Protocol;
using ActorTrain.Core.Tests.Support;
using ActorTrain.Kernels;
using ActorTrain.Server;
using Akka.Actor;
using Akka.Hosting;

namespace ActorTrain.Actors.Tests.Cluster;

/// <summary>Vectors that are sent while they are still being written.</summary>
public class StreamedVectorTests(ITestOutputHelper output)
    : Akka.Hosting.TestKit.TestKit(nameof(StreamedVectorTests), output)
{
    private static readonly Recipe Large = Tiny.Recipe with { Model = Sequential.Mlp(4, 500, 400, 2) };
    private static readonly TrainingPlan Plan = new(Large, Tiny.Data.Description);
    private static readonly int Count = Large.Model.Layout.Count;
    private static readonly ShardId Node = new("a", 1);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_large_gradient_leaves_layer_by_layer_and_arrives_whole()
    {
        var (order, frames, answer) = Compute();
        Assert.Equal([BulkKind.GradientPart, BulkKind.GradientAnswer], frames.Select(f => f.Header.Kind));
        Assert.Equal(Large.Model.Layout.Child(2).Offset, frames[0].Header.Offset);
        var link = LinkThatExpects(order);
        foreach (var frame in frames) Assert.Null(Deliver(link, frame));
        Assert.Equal(answer.Sum.Gradient.Span.ToArray(), (await Arrived()).Gradient.Span.ToArray());
    }

    [Fact]
    public async Task A_gradient_that_begins_anew_arrives_whole()
    {
        var (order, frames, answer) = Compute();
        var link = LinkThatExpects(order);
        foreach (var frame in (Frame[])[frames[0], .. frames]) Assert.Null(Deliver(link, frame));
        Assert.Equal(answer.Sum.Gradient.Span.ToArray(), (await Arrived()).Gradient.Span.ToArray());
    }

    [Fact]
    public void A_piece_of_a_gradient_that_does_not_follow_the_one_before_is_refused()
    {
        var (order, frames, _) = Compute();
        var link = LinkThatExpects(order);
        Assert.Contains("was not asked for", Deliver(LinkThatExpects(), frames[0])!, StringComparison.Ordinal);
        Assert.Contains("GradientAnswer of", Deliver(link, frames[1])!, StringComparison.Ordinal);
        var gap = frames[0].Header with { Offset = 100, PayloadBytes = 400 };
        Assert.Equal(
            $"GradientPart of 400 bytes from element 100 on for {order.Key}", Deliver(link, new(gap, new byte[400])));
        Assert.Null(Deliver(link, frames[0]));
        Assert.NotNull(Deliver(link, new(gap, new byte[400])));
        var whole = frames[0].Header with { Offset = 0, PayloadBytes = Count * sizeof(float) };
        Assert.NotNull(Deliver(link, new(whole, new byte[whole.PayloadBytes])));
    }

    [Fact]
    public async Task Parameters_that_arrive_in_pieces_are_what_the_order_is_computed_from()
    {
        var parameters = TrainingState.Initial(Large).Parameters;
        var key = Order().Key;
        var link = new ServerLink(key.Incarnation, Plan, ActorRefs.Nobody, TestActor);
        foreach (var (from, to) in new[] { (0, 1000), (1000, 5000), (5000, Count) })
        {
            var bytes = FloatBytes.Of(parameters.Memory[from..to]).ToArray();
            Assert.Null(Deliver(link, new(BulkWork.PieceOf(key, bytes.Length, from, isLast: to == Count), bytes)));
        }
        Assert.Null(Deliver(link, new(BulkWork.OrderOf(Order()), [])));
        var order = (GradientOrder)(await ExpectMsgAsync<OrderArrived>(cancellationToken: Ct)).Order;
        Assert.Equal(parameters.Sha256(), order.Parameters.Sha256());
    }

    [Fact]
    public async Task Work_begins_with_the_layers_whose_parameters_are_there()
    {
        var (key, parameters) = (Order().Key, TrainingState.Initial(Large).Parameters);
        var link = new ServerLink(key.Incarnation, Plan, ActorRefs.Nobody, TestActor);
        var first = Large.Model.Layout.Child(2).Offset;
        Send(0, first);
        Assert.Null(Deliver(link, new(BulkWork.OrderOf(Order()), [])));
        var order = (GradientOrder)(await ExpectMsgAsync<OrderArrived>(cancellationToken: Ct)).Order;
        order.Arrival!(first);
        var work = Task.Run(() => new ShardComputation(Plan, Tiny.Data, new ManagedMatMul()).Answer(order), Ct);
        Send(first, Count);
        var expected = (GradientAnswer)new ShardComputation(Plan, Tiny.Data, new ManagedMatMul()).Answer(Order());
        Assert.Equal(expected.Sum.Gradient.Span.ToArray(), ((GradientAnswer)await work).Sum.Gradient.Span.ToArray());

        void Send(int from, int to)
        {
            var bytes = FloatBytes.Of(parameters.Memory[from..to]).ToArray();
            Assert.Null(Deliver(link, new(BulkWork.PieceOf(key, bytes.Length, from, isLast: to == Count), bytes)));
        }
    }

    [Fact]
    public async Task Work_whose_parameters_do_not_come_to_their_end_is_given_up()
    {
        var key = Order().Key;
        var link = new ServerLink(key.Incarnation, Plan, ActorRefs.Nobody, TestActor);
        Assert.Null(Deliver(link, new(BulkWork.PieceOf(key, 4000, 0, isLast: false), new byte[4000])));
        Assert.Null(Deliver(link, new(BulkWork.OrderOf(Order()), [])));
        var order = (await ExpectMsgAsync<OrderArrived>(cancellationToken: Ct)).Order;
        var shard = Sys.ActorOf(DataShardActor.Props(
            Node, TestActor, Plan, Tiny.Data, new ManagedMatMul(), "akka.actor.default-dispatcher"));
        await ExpectMsgAsync<TrainingProtocol.JoinTraining>(cancellationToken: Ct);
        shard.Tell(new TrainingProtocol.DoWork(order));
        link.Closed("the test closes it");
        await ExpectMsgAsync<WorkerNodeActor.UseLink>(cancellationToken: Ct);
        Assert.Equal(
            new TrainingProtocol.WorkThrew(Node, key, "the rest of the parameters did not come"),
            await ExpectMsgAsync<TrainingProtocol.WorkThrew>(cancellationToken: Ct));
    }

    [Fact]
    public void An_order_for_a_node_that_the_minibatch_does_not_have_is_refused()
    {
        var key = Order().Key;
        var link = new ServerLink(key.Incarnation, Plan, ActorRefs.Nobody, TestActor);
        Assert.Null(Deliver(link, new(BulkWork.PieceOf(key, 4000, 0, isLast: false), new byte[4000])));
        // The first leaf of the last one is beyond 32 bits.
        foreach (var node in new TreeNode[] { new(9, 0), new(2, 1), new(2, (1 << 29) + 2) })
            Assert.Equal(
                $"an order for {key with { Node = node }}",
                Deliver(link, new(BulkWork.OrderOf(Order() with { Key = key with { Node = node } }), [])));
    }

    [Fact]
    public void Orders_wait_for_the_first_piece_and_pieces_for_the_one_before()
    {
        var key = Order().Key;
        var link = new ServerLink(key.Incarnation, Plan, ActorRefs.Nobody, TestActor);
        Assert.Contains(
            "whose parameters did not come", Deliver(link, new(BulkWork.OrderOf(Order()), []))!,
            StringComparison.Ordinal);
        Assert.Null(Deliver(link, new(BulkWork.PieceOf(key, 4000, 0, isLast: false), new byte[4000])));
        Assert.Equal(
            "WeightsPart of 4000 bytes from element 2000 on",
            Deliver(link, new(BulkWork.PieceOf(key, 4000, 2000, isLast: false), new byte[4000])));
        Assert.NotNull(Deliver(link, new(BulkWork.PieceOf(key, 4000, 1000, isLast: true), new byte[4000])));
        var other = key with { Version = key.Version + 1 };
        Assert.NotNull(Deliver(link, new(BulkWork.PieceOf(other, 4000, 1000, isLast: false), new byte[4000])));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(107, 107)]
    [InlineData(127, 127)]
    [InlineData(128, 64)]
    [InlineData(1820, 114)]
    public void A_vector_goes_in_at_most_sixteen_pieces_none_of_them_small(int runs, int runsOfPart) =>
        Assert.Equal(runsOfPart, StreamedVector.RunsOfPart(runs));

    /// <inheritdoc/>
    protected override void ConfigureAkka(AkkaConfigurationBuilder builder, IServiceProvider provider)
    {
    }

    private static GradientOrder Order() => new(
        new(Incarnation: 7, Version: 0, Step: 0, WorkKind.Gradient, Plan.TreeOf(0).Root.Left),
        TrainingState.Initial(Large).Parameters);

    private static (GradientOrder Order, Frame[] Frames, GradientAnswer Answer) Compute()
    {
        var (order, link) = (Order(), new RecordingLink());
        var sender = new AnswerSender(link, Large);
        var answer = new ShardComputation(Plan, Tiny.Data, new ManagedMatMul()).Answer(order, sender.ProgressOf(order));
        sender.Send(answer);
        return (order, [.. link.Frames], (GradientAnswer)answer);
    }

    private WorkerLink LinkThatExpects(params ReadOnlySpan<WorkOrder> orders)
    {
        var link = new WorkerLink(Node, Plan, TestActor, TestActor);
        foreach (var order in orders) link.Expect(order);
        return link;
    }

    private async Task<GradientSum> Arrived()
    {
        var done = await ExpectMsgAsync<TrainingProtocol.WorkDone>(cancellationToken: Ct);
        Assert.Equal(Node, done.Shard);
        return ((GradientAnswer)done.Answer).Sum;
    }

    // Why it is refused; none: it is taken.
    private static string? Deliver(ILinkOwner owner, Frame frame)
    {
        if (!owner.TryPlace(frame.Header, out var place, out var refusal)) return refusal;
        frame.Payload.CopyTo(place);
        owner.Arrived(frame.Header, place);
        return null;
    }

    private sealed record Frame(BulkHeader Header, byte[] Payload);

    private sealed class RecordingLink : ILink
    {
        public List<Frame> Frames { get; } = [];

        public int Pending => 0;

        public void Send(in BulkHeader header, ReadOnlyMemory<byte> payload) =>
            Frames.Add(new(header, payload.ToArray()));

        public void Leave()
        {
        }

        public void Dispose()
        {
        }
    }
}
