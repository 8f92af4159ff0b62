using ActorTrain.Core.Tests.Support;
using ActorTrain.Server;
using FsCheck.Xunit;

namespace ActorTrain.Core.Tests.Server.Ranges;

/// <summary>A run whose parameters are split over holders has the bits of one that has them in one place.</summary>
public class SplitRunTests
{
    private static readonly TrainingResult Trained = Trainer.Train(Tiny.Recipe, Tiny.Data);

    [Theory, InlineData(1, 1), InlineData(2, 2), InlineData(3, 4), InlineData(23, 2)]
    public void Any_number_of_holders_and_workers_ends_with_the_trainers_state(int holders, int workers)
    {
        var server = Run(Tiny.Recipe, holders, workers);
        AssertTrained(Trained, server);
        Assert.Equal(
            Enumerable.Range(1, 10).Select(i => (long)i),
            server.Effects.OfType<ReportStep>().Select(e => e.Training.Version));
    }

    public static TheoryData<string> Rules => [.. UpdateRules.All.Keys.Except(["clipped by norm"])];

    [Theory, MemberData(nameof(Rules))]
    public void Every_update_that_goes_element_by_element_is_split_too(string rule)
    {
        var recipe = Tiny.Recipe.With(UpdateRules.All[rule]);
        AssertTrained(TrainedBy(recipe), Run(recipe, 3, 2));
    }

    [Fact]
    public void What_the_optimizer_leaves_alone_may_lie_in_any_range()
    {
        var model = new Sequential(
            ("fc1", new Linear(4, 3)), ("norm", new BatchNorm1d(3)), ("fc2", new Linear(3, 2)),
            ("log_softmax", new LogSoftmax()));
        var recipe = Tiny.Recipe with { Model = model, Frozen = new("fc1.bias") };
        AssertTrained(TrainedBy(recipe), Run(recipe, 3, 2));
    }

    [Fact]
    public void The_server_collects_at_checkpoints_and_ends_of_epochs_only()
    {
        var server = Run(Tiny.Recipe, holders: 2, workers: 1, mostStepsAtRisk: 6);
        Assert.Equal([3L, 5, 8, 10], server.Effects.OfType<CollectRanges>().Select(e => e.Version));
        Assert.Equal([0L, 3, 5, 8, 10], server.Checkpoints.Select(c => c.Steps));
        Assert.All(server.Checkpoints, c => Assert.Equal(WeightsAfter(c.Steps), c.Weights));
    }

    [Fact]
    public void No_step_begins_while_the_server_collects()
    {
        var server = Begin(Tiny.Recipe, holders: 2, workers: 1, mostStepsAtRisk: 2);
        DeliverUntil<CollectRanges>(server);
        server.Take(new CheckpointSettled(1));
        server.Take(Ticked.Instance);
        server.Join(TestServer.Shard(2));
        Assert.Null(server.State.Round);
        Assert.Equal(server.State.Split!.Whole.Parameters, server.State.Training.Parameters);
    }

    [Fact]
    public void An_answer_counts_when_every_holder_has_its_gradient()
    {
        var server = Begin(Tiny.Recipe, holders: 2, workers: 1);
        while (server.Waiting.Any(c => c != (SplitServer.NameOf(1), "server")))
            server.Deliver(server.Waiting.First(c => c != (SplitServer.NameOf(1), "server")));
        Assert.Equal(0, server.State.StepsDone);
        Assert.Single(server.State.Split!.Held);
        server.Deliver((SplitServer.NameOf(1), "server"));
        Assert.Equal(1, server.State.StepsDone);
        Assert.Empty(server.State.Split!.Held);
    }

    [Fact]
    public void What_a_lost_worker_has_sent_to_some_holders_only_is_computed_again()
    {
        var server = Begin(Tiny.Recipe, holders: 2, workers: 1);
        server.Join(TestServer.Shard(2));
        var last = (TestServer.Shard(1).Name, SplitServer.NameOf(1));
        while (server.Waiting is var waiting && !waiting.Contains((TestServer.Shard(1).Name, "server")))
            server.Deliver(waiting[0]);
        while (server.Waiting.FirstOrDefault(c => c != last) is { From: not null } next) server.Deliver(next);
        Assert.Single(server.State.Split!.Held);
        server.Lose(TestServer.Shard(1));
        server.DeliverAll();
        AssertTrained(Trained, server);
    }

    [Fact]
    public void A_worker_whose_order_is_of_a_version_that_is_gone_gives_it_up_and_gets_another()
    {
        var server = Begin(Tiny.Recipe, holders: 2, workers: 1);
        DeliverUntil<ReportStep>(server);
        // It is on trial: what it gets, the other one has too.
        var late = TestServer.Shard(2);
        server.Join(late);
        while (server.State.StepsDone < 4)
            server.Deliver(server.Waiting.First(c => c.From != late.Name && c.To != late.Name));
        var order = Assert.Single(server.State.Shards.Single(s => s.Id == late).Orders);
        while (server.State.Shards.Single(s => s.Id == late).Orders.Contains(order))
            server.Deliver(server.Waiting.First(c => c.From == late.Name || c.To == late.Name));
        server.DeliverAll();
        AssertTrained(Trained, server);
        Assert.True(order.Version < 3);
        Assert.Contains(
            server.Effects.OfType<SendWork>(), e => e.Shard == late && e.Order.Key.Version > order.Version);
        Assert.Equal(0, server.State.Shards.Single(s => s.Id == late).Failures);
    }

    [Fact]
    public void After_the_loss_of_a_range_the_run_goes_back_to_what_the_server_has_whole()
    {
        var server = Begin(Tiny.Recipe, holders: 2, workers: 2, mostStepsAtRisk: 6);
        while (server.State.StepsDone < 4) server.Deliver(server.Waiting[0]);
        server.LoseHolder();
        Assert.Contains(new ReportWentBack(From: 4, To: 3, "it waits until every range has a ps"), server.Effects);
        Assert.Equal(2, server.State.Incarnation);
        server.DeliverAll();
        AssertTrained(Trained, server);
    }

    // The epoch is over, collected and not evaluated: it must not be left out.
    [Fact]
    public void After_the_loss_of_a_range_at_the_end_of_an_epoch_the_epoch_is_evaluated()
    {
        var server = Begin(Tiny.Recipe, holders: 2, workers: 1);
        while (server.State.Round is not { Kind: WorkKind.Evaluation }) server.Deliver(server.Waiting[0]);
        server.LoseHolder();
        Assert.Equal(WorkKind.Evaluation, server.State.Round!.Kind);
        server.DeliverAll();
        AssertTrained(Trained, server);
    }

    [Fact]
    public void After_the_loss_of_a_range_in_an_epoch_the_one_before_is_not_evaluated_again()
    {
        var server = Begin(Tiny.Recipe, holders: 2, workers: 1);
        while (server.State.StepsDone < 6) server.Deliver(server.Waiting[0]);
        server.LoseHolder();
        server.DeliverAll();
        AssertTrained(Trained, server);
        Assert.Equal([1, 2], server.Effects.OfType<ReportEpoch>().Select(e => e.Summary.Epoch));
    }

    [Fact]
    public void A_run_that_is_asked_to_stop_ends_with_the_weights_of_its_last_step()
    {
        var server = Begin(Tiny.Recipe, holders: 3, workers: 2);
        while (server.State.StepsDone < 3) server.Deliver(server.Waiting[0]);
        server.Take(new StopRequested());
        server.DeliverAll();
        Assert.Equal(RunPhase.Stopped, server.State.Phase);
        Assert.Equal(WeightsAfter(4), server.State.Training.Parameters.Sha256());
        Assert.Equal(
            server.State.Training, Assert.Single(server.Effects.OfType<EndRun>()).Training);
    }

    [Fact]
    public void A_run_that_is_asked_to_stop_when_a_range_is_lost_ends_with_what_the_server_has_whole()
    {
        var server = Begin(Tiny.Recipe, holders: 2, workers: 1);
        while (server.State.StepsDone < 3) server.Deliver(server.Waiting[0]);
        server.Take(new StopRequested());
        server.LoseHolder();
        Assert.Equal(RunPhase.Stopped, server.State.Phase);
        Assert.Equal(WeightsAfter(0), server.State.Training.Parameters.Sha256());
    }

    [Fact]
    public void A_deserted_run_that_is_asked_to_stop_collects_first()
    {
        var server = Begin(Tiny.Recipe, holders: 2, workers: 1);
        while (server.State.StepsDone < 3) server.Deliver(server.Waiting[0]);
        server.Lose(TestServer.Shard(1));
        server.Take(new StopRequested());
        server.DeliverAll();
        Assert.Equal(RunPhase.Stopped, server.State.Phase);
        Assert.Equal(WeightsAfter(3), server.State.Training.Parameters.Sha256());
    }

    [Fact]
    public void A_run_that_is_asked_to_stop_and_is_deserted_at_an_epochs_end_stops_there()
    {
        var server = Begin(Tiny.Recipe, holders: 2, workers: 1);
        while (server.State.Split is not { IsCollecting: true }) server.Deliver(server.Waiting[0]);
        server.Take(new StopRequested());
        server.Lose(TestServer.Shard(1));
        server.DeliverAll();
        Assert.Equal((RunPhase.Stopped, 5L), (server.State.Phase, server.State.StepsDone));
        Assert.Equal(WeightsAfter(5), server.State.Training.Parameters.Sha256());
    }

    [Property(MaxTest = 60)]
    public void Whatever_is_lost_and_however_messages_cross_the_run_ends_with_the_trainers_state(
        int seed, byte holders, bool isDurable)
    {
        var random = new Random(seed);
        var server = new SplitServer(
            Tiny.Recipe, Tiny.Data, 1 + (holders % 4), workersToBegin: 2, isDurable ? 4 : 0);
        var lives = new int[4];
        for (var i = 1; i <= 2; i++) server.Join(TestServer.Shard(i));
        while (server.State.IsAlive)
        {
            switch (random.Next(200))
            {
                case 0:
                    server.LoseHolder();
                    foreach (var shard in server.State.Shards) lives[Number(shard.Id)] = shard.Id.Incarnation;
                    break;
                case < 4 when !server.State.Shards.IsEmpty:
                    server.Lose(server.State.Shards[random.Next(server.State.Shards.Length)].Id);
                    break;
                case < 8 when random.Next(1, 4) is var number && server.State.Shards.All(s => Number(s.Id) != number):
                    server.Join(TestServer.Shard(number, ++lives[number]));
                    break;
                case < 12:
                    server.Now += TimeSpan.FromSeconds(1);
                    server.Take(Ticked.Instance);
                    break;
                default:
                    if (server.Waiting is { Count: > 0 } waiting) server.Deliver(waiting[random.Next(waiting.Count)]);
                    break;
            }
        }
        AssertTrained(Trained, server);
        Assert.All(server.Checkpoints, c => Assert.Equal(WeightsAfter(c.Steps), c.Weights));
    }

    private static int Number(ShardId id) => id.Name[^1] - '0';

    private static SplitServer Begin(Recipe recipe, int holders, int workers, int mostStepsAtRisk = 0)
    {
        var server = new SplitServer(recipe, Tiny.Data, holders, workers, mostStepsAtRisk);
        for (var i = 1; i <= workers; i++) server.Join(TestServer.Shard(i));
        return server;
    }

    private static SplitServer Run(Recipe recipe, int holders, int workers, int mostStepsAtRisk = 0)
    {
        var server = Begin(recipe, holders, workers, mostStepsAtRisk);
        server.DeliverAll();
        return server;
    }

    private static void DeliverUntil<T>(SplitServer server) where T : ServerEffect
    {
        while (!server.Effects.OfType<T>().Any()) server.Deliver(server.Waiting[0]);
    }

    private static string WeightsAfter(long steps) => steps == 0
        ? TrainingState.Initial(Tiny.Recipe).Parameters.Sha256()
        : Trainer.Train(Tiny.Recipe with { MaxSteps = (int)steps }, Tiny.Data).State.Parameters.Sha256();

    private static TrainingResult TrainedBy(Recipe recipe) =>
        Trainer.Train(recipe, Tiny.Data, cancellation: TestContext.Current.CancellationToken);

    private static void AssertTrained(TrainingResult expected, SplitServer server)
    {
        var (wanted, training) = (expected.State, server.State.Training);
        Assert.Equal(RunPhase.Finished, server.State.Phase);
        Assert.Equal(wanted.Parameters.Sha256(), training.Parameters.Sha256());
        Assert.Equal(
            wanted.Optimizer.Moments.Select(m => m.Sha256()), training.Optimizer.Moments.Select(m => m.Sha256()));
        Assert.Equal(wanted.History, training.History);
        Assert.Single(server.Effects.OfType<EndRun>());
    }
}
