using System.Threading.Channels;
using ActorTrain.Actors.Protocol;
using ActorTrain.Core.Tests.Files;
using ActorTrain.Core.Tests.Support;
using ActorTrain.Kernels;
using ActorTrain.Server;
using Akka.Actor;
using Akka.Hosting;
using Akka.TestKit;

namespace ActorTrain.Actors.Tests;

public class ActorTests(ITestOutputHelper output) : Akka.Hosting.TestKit.TestKit(nameof(ActorTests), output)
{
    private const string AnyThread = "akka.actor.default-dispatcher";
    private static readonly string Trained = Trainer.Train(Tiny.Recipe, Tiny.Data).State.Parameters.Sha256();
    private static readonly TrainingPlan Plan = new(Tiny.Recipe, Tiny.Data.Description);
    private static readonly ShardId First = new("shard-1", 0);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_shard_joins_and_answers()
    {
        var shard = Sys.ActorOf(
            DataShardActor.Props(First, TestActor, Plan, Tiny.Data, new ManagedMatMul(), AnyThread));
        Assert.Equal(
            new TrainingProtocol.JoinTraining(First),
            await ExpectMsgAsync<TrainingProtocol.JoinTraining>(cancellationToken: Ct));
        var order = Order(incarnation: 1);
        shard.Tell(new TrainingProtocol.DoWork(order));
        var done = await ExpectMsgAsync<TrainingProtocol.WorkDone>(cancellationToken: Ct);
        Assert.Equal((First, order.Key), (done.Shard, done.Answer.Key));
        Assert.Equal(8, ((GradientAnswer)done.Answer).Sum.Rows);
    }

    [Fact]
    public async Task A_shard_that_throws_says_so_and_works_again()
    {
        var shard = Sys.ActorOf(
            DataShardActor.Props(First, TestActor, Plan, Tiny.Data, new ThrowingKernel(call => call == 1), AnyThread));
        await ExpectMsgAsync<TrainingProtocol.JoinTraining>(cancellationToken: Ct);
        var order = Order(incarnation: 1);
        shard.Tell(new TrainingProtocol.DoWork(order));
        Assert.Equal(
            new TrainingProtocol.WorkThrew(First, order.Key, "InvalidOperationException: thrown by the test"),
            await ExpectMsgAsync<TrainingProtocol.WorkThrew>(cancellationToken: Ct));
        shard.Tell(new TrainingProtocol.DoWork(order));
        Assert.Equal(order.Key, (await ExpectMsgAsync<TrainingProtocol.WorkDone>(cancellationToken: Ct)).Answer.Key);
    }

    [Fact]
    public async Task A_shard_ignores_orders_of_a_server_that_another_one_has_replaced()
    {
        var shard = Sys.ActorOf(
            DataShardActor.Props(First, TestActor, Plan, Tiny.Data, new ManagedMatMul(), AnyThread));
        await ExpectMsgAsync<TrainingProtocol.JoinTraining>(cancellationToken: Ct);
        foreach (var incarnation in new[] { 2, 1, 3 }) shard.Tell(new TrainingProtocol.DoWork(Order(incarnation)));
        Assert.Equal(
            2, (await ExpectMsgAsync<TrainingProtocol.WorkDone>(cancellationToken: Ct)).Answer.Key.Incarnation);
        Assert.Equal(
            3, (await ExpectMsgAsync<TrainingProtocol.WorkDone>(cancellationToken: Ct)).Answer.Key.Incarnation);
    }

    [Fact]
    public async Task A_process_starts_as_many_shards_as_it_is_told()
    {
        Sys.ActorOf(DataShardsActor.Props(3, TestActor, Plan, Tiny.Data, new ManagedMatMul()));
        var names = new List<string>();
        for (var i = 0; i < 3; i++)
            names.Add((await ExpectMsgAsync<TrainingProtocol.JoinTraining>(cancellationToken: Ct)).Shard.Name);
        Assert.Equal(["shard-1", "shard-2", "shard-3"], names.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_server_that_is_answered_ends_with_the_trainers_weights()
    {
        var (server, events) = Server(shards: 1);
        var shard = Join(server, First);
        for (var order = 0; order < 12; order++) await AnswerNext(server, shard, First);
        var told = await events.ReadAllAsync(Ct).ToListAsync(Ct);
        var outcome = Assert.IsType<RunEnded>(told[^1]).Outcome;
        Assert.Equal(
            (RunPhase.Finished, Trained, 10, 80),
            (outcome.Phase, outcome.State.Parameters.Sha256(), outcome.StepsDone, outcome.SamplesSeen));
        Assert.Equal(outcome.State.History, told.OfType<EpochDone>().Select(e => e.Summary));
    }

    [Fact]
    public async Task The_work_of_a_shard_that_stops_is_handed_out_again()
    {
        var (server, events) = Server(shards: 2);
        var second = new ShardId("shard-2", 0);
        var (staying, leaving) = (Join(server, First), Join(server, second));
        await leaving.ExpectMsgAsync<TrainingProtocol.DoWork>(cancellationToken: Ct);
        Sys.Stop(leaving.Ref);
        // Two for the first step, then nine steps and two evaluations.
        for (var order = 0; order < 13; order++) await AnswerNext(server, staying, First);
        var told = await events.ReadAllAsync(Ct).ToListAsync(Ct);
        var loss = Assert.Single(told.OfType<NodeLost>());
        Assert.Equal((second, 2, "its actor stopped"), (loss.Node, loss.Microbatches, loss.Reason));
        Assert.Equal(Trained, Assert.IsType<RunEnded>(told[^1]).Outcome.State.Parameters.Sha256());
    }

    [Fact]
    public async Task A_checkpoint_that_can_not_be_written_is_told()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.At("file"), "", Ct);
        var writer = Sys.ActorOf(CheckpointWriterActor.Props(new(folder.At("file"), keep: 1)));
        writer.Tell(new TrainingProtocol.WriteCheckpoint(3, [1]), TestActor);
        var failed = await ExpectMsgAsync<TrainingProtocol.CheckpointFailed>(cancellationToken: Ct);
        Assert.Contains(folder.At("file"), failed.Reason, StringComparison.Ordinal);
        writer.Tell(new TrainingProtocol.WriteCheckpoint(3, [1]), TestActor);
        await ExpectMsgAsync<TrainingProtocol.CheckpointFailed>(cancellationToken: Ct);
    }

    [Fact]
    public async Task Of_the_checkpoints_that_wait_for_the_disk_only_the_newest_is_written()
    {
        var disk = CreateTestProbe();
        var writer = Sys.ActorOf(CheckpointWriterActor.PropsFor(Props.Create(() => new SlowDisk(disk))));
        for (var step = 1; step <= 4; step++) writer.Tell(new TrainingProtocol.WriteCheckpoint(step, [1]), TestActor);
        for (var step = 2; step <= 3; step++)
            Assert.Equal(
                new TrainingProtocol.CheckpointSuperseded(step),
                await ExpectMsgAsync<TrainingProtocol.CheckpointSuperseded>(cancellationToken: Ct));
        foreach (var step in new[] { 1, 4 })
        {
            var asked = await disk.ExpectMsgAsync<TrainingProtocol.WriteCheckpoint>(cancellationToken: Ct);
            Assert.Equal(step, asked.StepsDone);
            disk.Reply(new TrainingProtocol.CheckpointWritten(step, "path"));
            Assert.Equal(
                new TrainingProtocol.CheckpointWritten(step, "path"),
                await ExpectMsgAsync<TrainingProtocol.CheckpointWritten>(cancellationToken: Ct));
        }
        await disk.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(100), Ct);
    }

    protected override void ConfigureAkka(AkkaConfigurationBuilder builder, IServiceProvider provider) =>
        builder.AddHocon(ActorTrainDispatchers.Hocon(shards: 3), HoconAddMode.Append);

    private static GradientOrder Order(long incarnation)
    {
        var state = TrainingState.Initial(Tiny.Recipe);
        return new(new(incarnation, 0, 0, WorkKind.Gradient, Plan.TreeOf(0).Root), state.Parameters);
    }

    private static async Task AnswerNext(IActorRef server, TestProbe shard, ShardId id)
    {
        var work = await shard.ExpectMsgAsync<TrainingProtocol.DoWork>(cancellationToken: Ct);
        server.Tell(new TrainingProtocol.WorkDone(
            id, new ShardComputation(Plan, Tiny.Data, new ManagedMatMul()).Answer(work.Order)), shard.Ref);
    }

    private (IActorRef Server, ChannelReader<TrainingEvent> Events) Server(int shards)
    {
        var events = Channel.CreateUnbounded<TrainingEvent>();
        var state = ServerState.Initial(Plan, TrainingState.Initial(Tiny.Recipe), incarnation: 1, shards);
        return (
            Sys.ActorOf(ParameterServerActor.Props(state, checkpoints: null, events.Writer, TimeProvider.System)),
            events.Reader);
    }

    private TestProbe Join(IActorRef server, ShardId id)
    {
        var probe = CreateTestProbe();
        server.Tell(new TrainingProtocol.JoinTraining(id), probe.Ref);
        return probe;
    }

    private sealed class SlowDisk : ReceiveActor
    {
        public SlowDisk(IActorRef disk) => ReceiveAny(disk.Forward);
    }
}
