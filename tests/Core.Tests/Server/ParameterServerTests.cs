using ActorTrain.Checkpoints;
using ActorTrain.Core.Tests.Support;
using ActorTrain.Server;
using FsCheck.Xunit;

namespace ActorTrain.Core.Tests.Server;

public class ParameterServerTests
{
    private static readonly TrainingResult Trained = Trainer.Train(Tiny.Recipe, Tiny.Data);
    private static readonly TrainingResult TrainedWide = Trainer.Train(Tiny.Wide, Tiny.Data);

    [Fact]
    public void Nothing_is_handed_out_before_enough_shards_have_joined()
    {
        var server = new TestServer(Tiny.Recipe, Tiny.Data, shardsToBegin: 3);
        Assert.Empty(server.Join(TestServer.Shard(1)));
        Assert.Empty(server.Join(TestServer.Shard(2)));
        Assert.Empty(server.Join(TestServer.Shard(2)));
        Assert.Equal(RunPhase.Gathering, server.State.Phase);
        var effects = server.Join(TestServer.Shard(3));
        Assert.Equal(RunPhase.Running, server.State.Phase);
        Assert.Equal([nameof(SaveCheckpoint), nameof(SendWork), nameof(SendWork), nameof(SendWork)], Kinds(effects));
        Assert.Equal(0, ((SaveCheckpoint)effects[0]).Training.Version);
    }

    [Theory]
    [InlineData(1, "2:0")]
    [InlineData(2, "1:0 1:1")]
    [InlineData(3, "1:0 0:2 0:3")]
    [InlineData(4, "0:0 0:1 0:2 0:3")]
    [InlineData(5, "0:0 0:1 0:2 0:3")]
    public void A_steps_orders_are_aligned_subtrees_that_cover_every_leaf_once(int shards, string nodes) =>
        Assert.Equal(nodes, string.Join(' ', TestServer.With(shards, Tiny.Recipe, Tiny.Data).Orders.Select(o => o.Order.Key.Node)));

    [Theory, InlineData(1), InlineData(2), InlineData(3), InlineData(4), InlineData(5)]
    public void A_run_ends_with_the_trainers_state_on_any_number_of_shards(int shards)
    {
        var server = TestServer.With(shards, Tiny.Recipe, Tiny.Data);
        var end = Assert.Single(server.AnswerUntil<EndRun>().OfType<EndRun>());
        AssertTrained(Trained, server);
        Assert.Equal((RunPhase.Finished, null), (end.Phase, end.Reason));
        Assert.Equal(Trained.Evaluation.Confusion, end.Evaluation!.Confusion);
        Assert.Equal(Trained.Evaluation.LossSum, end.Evaluation.LossSum);
        Assert.Equal(10, server.Effects.OfType<ReportStep>().Count());
        Assert.Equal(Trained.State.History, server.Effects.OfType<ReportEpoch>().Select(e => e.Summary));
    }

    [Theory, InlineData(0, 1, 2), InlineData(0, 2, 1), InlineData(1, 0, 2), InlineData(1, 2, 0), InlineData(2, 0, 1), InlineData(2, 1, 0)]
    public void Answers_in_any_order_give_the_same_weights(int first, int second, int third)
    {
        var server = TestServer.With(3, Tiny.Recipe, Tiny.Data);
        for (var step = 0; step < 5; step++)
        {
            WorkAnswered[] answers = [.. server.Orders.ToList().Select(server.Compute)];
            Assert.Empty(server.Take(answers[first]));
            Assert.Empty(server.Take(answers[second]));
            server.Take(answers[third]);
        }
        server.AnswerUntil<ReportEpoch>();
        Assert.Equal(Trained.State.History[0].WeightsSha256, server.Weights);
    }

    [Fact]
    public void A_second_answer_changes_nothing()
    {
        var server = TestServer.With(2, Tiny.Recipe, Tiny.Data);
        var answer = server.Compute(server.Orders[0]);
        server.Take(answer);
        AssertNothing(server, answer);
    }

    [Fact]
    public void An_answer_of_another_version_incarnation_kind_or_node_changes_nothing()
    {
        var server = TestServer.With(2, Tiny.Recipe, Tiny.Data);
        var answer = (GradientAnswer)server.Compute(server.Orders[0]).Answer;
        var key = answer.Key;
        WorkKey[] others =
        [
            key with { Version = -1 }, key with { Version = 1 }, key with { Incarnation = 0 }, key with { Incarnation = 2 },
            key with { Kind = WorkKind.Evaluation }, key with { Node = new(2, 0) }, key with { Node = new(0, 0) }, key with { Node = new(1, 7) },
        ];
        foreach (var other in others) AssertNothing(server, new WorkAnswered(TestServer.Shard(1), answer with { Key = other }));
    }

    [Fact]
    public void A_gradient_counts_whoever_gives_it_and_its_shard_stays_busy_until_it_answers_itself()
    {
        var server = TestServer.With(2, Tiny.Recipe, Tiny.Data);
        var answers = server.Orders.ToList().Select(server.Compute).ToList();
        server.Take(answers[0]);
        var effects = server.Take(answers[1] with { Shard = new("a stranger", 0) });
        var order = Assert.Single(effects.OfType<SendWork>());
        Assert.Equal(TestServer.Shard(1), order.Shard);
        Assert.Equal(1, server.State.Training.Version);
        Assert.Equal("1:1", $"{Assert.Single(server.State.Shards[1].Orders).Node}");
        Assert.Empty(server.Take(answers[1]));
        Assert.Equal([TestServer.Shard(1), TestServer.Shard(2)], server.AnswerOldest().OfType<SendWork>().Select(e => e.Shard));
        server.AnswerUntil<EndRun>();
        AssertTrained(Trained, server);
    }

    [Fact]
    public void A_lost_shards_work_is_handed_out_again()
    {
        var server = TestServer.With(2, Tiny.Recipe, Tiny.Data);
        var key = server.Orders[1].Order.Key;
        server.AnswerOldest();
        var effects = server.Lose(TestServer.Shard(2));
        Assert.Equal(new ReportLost(TestServer.Shard(2), Step: 0, TimeSpan.Zero, Microbatches: 2, "killed by the test"), effects[0]);
        var again = Assert.IsType<SendWork>(effects[1]);
        Assert.Equal((TestServer.Shard(1), key), (again.Shard, again.Order.Key));
        Assert.Equal(2, effects.Count);
        server.AnswerUntil<EndRun>();
        AssertTrained(Trained, server);
    }

    [Fact]
    public void Work_that_no_shard_is_left_for_waits_for_the_next_one_that_joins()
    {
        var server = TestServer.With(2, Tiny.Recipe, Tiny.Data);
        Assert.Equal([nameof(ReportLost)], Kinds(server.Lose(TestServer.Shard(1))));
        Assert.Equal([nameof(ReportLost)], Kinds(server.Lose(TestServer.Shard(2))));
        Assert.Empty(server.Lose(TestServer.Shard(2)));
        Assert.Equal([nameof(SendWork)], Kinds(server.Join(TestServer.Shard(3))));
        server.AnswerUntil<EndRun>();
        AssertTrained(Trained, server);
    }

    [Fact]
    public void A_shard_that_comes_back_under_its_name_loses_what_its_earlier_life_worked_on()
    {
        var server = TestServer.With(1, Tiny.Recipe, Tiny.Data);
        var key = server.Orders[0].Order.Key;
        server.Forget(TestServer.Shard(1));
        var effects = server.Join(TestServer.Shard(1, incarnation: 1));
        Assert.Equal(new ReportLost(TestServer.Shard(1), Step: 0, TimeSpan.Zero, Microbatches: 4, "it came back as a new one"), effects[0]);
        Assert.Equal((TestServer.Shard(1, 1), key), (((SendWork)effects[1]).Shard, ((SendWork)effects[1]).Order.Key));
        Assert.Equal(TestServer.Shard(1, 1), Assert.Single(server.State.Shards).Id);
    }

    [Fact]
    public void Late_news_of_a_shards_earlier_life_changes_nothing()
    {
        var server = TestServer.With(1, Tiny.Recipe, Tiny.Data);
        server.Join(TestServer.Shard(1, incarnation: 2));
        AssertNothing(server, new ShardJoined(TestServer.Shard(1, incarnation: 1)));
        AssertNothing(server, new ShardLost(TestServer.Shard(1, incarnation: 1), "late"));
        AssertNothing(server, new ShardJoined(TestServer.Shard(1, incarnation: 2)));
    }

    [Fact]
    public void A_shard_that_throws_is_idle_again_and_gets_work()
    {
        var server = TestServer.With(1, Tiny.Recipe, Tiny.Data);
        var order = server.Orders[0];
        var effects = server.Fail(order, "DivideByZeroException: no");
        Assert.Equal(new ReportReassignment(TestServer.Shard(1), order.Order.Key, "DivideByZeroException: no"), effects[0]);
        Assert.Equal(order, Assert.IsType<SendWork>(effects[1]));
        AssertNothing(server, new WorkFailed(TestServer.Shard(1), order.Order.Key with { Version = 9 }, "late news"));
        AssertNothing(server, new WorkFailed(TestServer.Shard(2), order.Order.Key, "of a stranger"));
        server.AnswerUntil<EndRun>();
        AssertTrained(Trained, server);
    }

    [Fact]
    public void A_run_whose_work_throws_again_and_again_is_given_up_with_a_reason()
    {
        var server = TestServer.With(2, Tiny.Recipe, Tiny.Data);
        for (var i = 1; i < ParameterServer.MaxFailuresPerRound; i++)
            Assert.Equal([nameof(ReportReassignment), nameof(SendWork)], Kinds(server.Fail(server.Orders[0], "boom")));
        var end = Assert.IsType<EndRun>(Assert.Single(server.Fail(server.Orders.Single(o => o.Shard == TestServer.Shard(2)), "boom")));
        Assert.Equal(RunPhase.Failed, end.Phase);
        Assert.Null(end.Evaluation);
        Assert.Equal("Gradient of node 1:1, version 0 failed 8 times; the last time on shard-2: boom", end.Reason);
    }

    [Fact]
    public void Failures_are_counted_for_each_round_anew()
    {
        var server = TestServer.With(1, Tiny.Recipe, Tiny.Data);
        while (server.State.IsAlive)
        {
            for (var i = 1; i < ParameterServer.MaxFailuresPerRound; i++) server.Fail(server.Orders[0], "boom");
            server.AnswerOldest();
        }
        AssertTrained(Trained, server);
    }

    [Fact]
    public void A_run_that_is_asked_to_stop_ends_after_its_step_with_a_checkpoint()
    {
        var server = TestServer.With(2, Tiny.Recipe, Tiny.Data);
        Assert.Empty(server.Take(new StopRequested()));
        Assert.Empty(server.AnswerOldest());
        var effects = server.AnswerOldest();
        Assert.Equal([nameof(ApplyUpdate), nameof(ReportStep), nameof(SaveCheckpoint), nameof(EndRun)], Kinds(effects));
        Assert.Equal(1, ((SaveCheckpoint)effects[2]).Training.Version);
        var end = (EndRun)effects[3];
        Assert.Equal((RunPhase.Stopped, null, null), (end.Phase, end.Evaluation, end.Reason));
    }

    [Fact]
    public void A_run_that_is_asked_to_stop_in_an_epochs_last_step_counts_the_epoch_first()
    {
        var server = TestServer.With(1, Tiny.Recipe, Tiny.Data);
        for (var step = 0; step < 4; step++) server.AnswerOldest();
        server.Take(new StopRequested());
        var effects = server.AnswerUntil<EndRun>();
        Assert.Equal([nameof(ReportEpoch), nameof(SaveCheckpoint), nameof(EndRun)], Kinds(effects));
        Assert.Equal(new Position(1, 0), server.State.Training.Position);
        Assert.Equal(Trained.State.History[..1], server.State.Training.History);
    }

    [Fact]
    public void A_run_that_has_not_begun_stops_at_once()
    {
        var server = new TestServer(Tiny.Recipe, Tiny.Data, shardsToBegin: 2);
        Assert.Equal([nameof(SaveCheckpoint), nameof(EndRun)], Kinds(server.Take(new StopRequested())));
        Assert.Equal(RunPhase.Stopped, server.State.Phase);
    }

    [Fact]
    public void A_run_that_is_asked_to_stop_and_has_nobody_left_ends_where_its_last_step_ended()
    {
        var server = TestServer.With(1, Tiny.Recipe, Tiny.Data);
        server.AnswerUntil<ReportStep>();
        Assert.Empty(server.Take(new StopRequested()));
        Assert.Equal([nameof(ReportLost), nameof(SaveCheckpoint), nameof(EndRun)], Kinds(server.Lose(TestServer.Shard(1))));
        Assert.Equal((RunPhase.Stopped, 1L), (server.State.Phase, server.State.Training.Version));
    }

    [Fact]
    public void A_run_that_is_over_ignores_whatever_comes()
    {
        var server = TestServer.With(1, Tiny.Recipe, Tiny.Data);
        var answer = server.Compute(server.Orders[0]);
        server.Take(answer);
        server.AnswerUntil<EndRun>();
        AssertNothing(server, answer);
        AssertNothing(server, new ShardJoined(TestServer.Shard(2)));
        AssertNothing(server, new ShardLost(TestServer.Shard(1), "late"));
        AssertNothing(server, new WorkFailed(TestServer.Shard(1), answer.Answer.Key, "late"));
        AssertNothing(server, new StopRequested());
    }

    [Fact]
    public void A_run_that_goes_on_from_any_step_ends_with_the_same_bits()
    {
        var whole = TestServer.With(1, Tiny.Recipe, Tiny.Data);
        whole.AnswerUntil<EndRun>();
        foreach (var step in whole.Steps.Where((_, i) => i is not (4 or 9)))
        {
            var state = TrainingCheckpoint.Decode(CheckpointFormat.Decode(step, "step")).State;
            var resumed = TestServer.With(3, Tiny.Recipe, Tiny.Data, state);
            resumed.AnswerUntil<EndRun>();
            AssertTrained(Trained, resumed);
        }
    }

    [Fact]
    public void A_run_that_goes_on_from_its_end_is_evaluated_and_ends_without_a_step()
    {
        var server = TestServer.With(2, Tiny.Recipe, Tiny.Data, Trained.State);
        server.AnswerUntil<EndRun>();
        AssertTrained(Trained, server);
        Assert.Empty(server.Effects.OfType<ReportStep>());
        Assert.Empty(server.Effects.OfType<ReportEpoch>());
    }

    [Theory, InlineData(1, 0), InlineData(2, 12), InlineData(3, 18), InlineData(4, 24)]
    public void The_update_of_a_large_model_is_divided_among_the_shards_and_gives_the_same_bits(int shards, int updateOrders)
    {
        var server = TestServer.With(shards, Tiny.Wide, Tiny.Data);
        server.AnswerUntil<EndRun>();
        AssertTrained(TrainedWide, server);
        Assert.Equal(updateOrders, server.Effects.OfType<SendWork>().Count(e => e.Order is UpdateOrder));
    }

    [Fact]
    public void The_update_of_a_small_model_is_the_servers_own()
    {
        var server = TestServer.With(3, Tiny.Recipe, Tiny.Data);
        server.AnswerUntil<EndRun>();
        Assert.DoesNotContain(server.Effects.OfType<SendWork>(), e => e.Order is UpdateOrder);
    }

    [Fact]
    public void A_part_of_an_update_that_fails_or_is_lost_is_done_again()
    {
        var server = TestServer.With(3, Tiny.Wide, Tiny.Data);
        for (var i = 0; i < 3; i++) server.AnswerOldest();
        Assert.All(server.Orders, o => Assert.IsType<UpdateOrder>(o.Order));
        server.Fail(server.Orders[0], "boom");
        server.Lose(server.Orders[1].Shard);
        server.AnswerUntil<EndRun>();
        AssertTrained(TrainedWide, server);
    }

    // Whoever still has the order will write into the new parameters; only its own answer says that it has done so.
    [Fact]
    public void A_part_of_an_update_is_done_when_the_shard_that_has_the_order_says_so()
    {
        var server = TestServer.With(2, Tiny.Wide, Tiny.Data);
        for (var i = 0; i < 2; i++) server.AnswerOldest();
        var late = server.Compute(server.Orders[1]);
        server.AnswerOldest();
        server.Lose(TestServer.Shard(2));
        AssertNothing(server, late);
        server.AnswerUntil<EndRun>();
        AssertTrained(TrainedWide, server);
    }

    [Property(MaxTest = 100)]
    public void Whatever_the_shards_do_a_run_ends_with_the_trainers_state(int seed, byte shards) => AssertTrained(Trained, Tiny.Recipe, seed, shards);

    [Property(MaxTest = 20)]
    public void Whatever_the_shards_do_a_run_with_divided_updates_ends_with_the_trainers_state(int seed, byte shards) =>
        AssertTrained(TrainedWide, Tiny.Wide, seed, shards);

    private static void AssertTrained(TrainingResult expected, Recipe recipe, int seed, byte shards)
    {
        var server = new TestServer(recipe, Tiny.Data, shardsToBegin: 1 + (shards % 5));
        new RandomSchedule(seed, server).Run();
        AssertTrained(expected, server);
        Assert.Single(server.Effects.OfType<EndRun>());
        Assert.Equal(Enumerable.Range(1, (int)server.State.Plan.TotalSteps).Select(i => (long)i),
            server.Effects.OfType<ReportStep>().Select(e => e.Training.Version));
    }

    private static void AssertTrained(TrainingResult expected, TestServer server)
    {
        Assert.Equal(RunPhase.Finished, server.State.Phase);
        Assert.Equal(expected.State.Parameters.Sha256(), server.Weights);
        Assert.Equal(expected.State.Optimizer.Moments.Select(m => m.Sha256()), server.State.Training.Optimizer.Moments.Select(m => m.Sha256()));
        Assert.Equal(expected.State.History, server.State.Training.History);
    }

    private static void AssertNothing(TestServer server, ServerEvent @event)
    {
        var (before, weights) = (server.State, server.Weights);
        Assert.Empty(server.Take(@event));
        Assert.Same(before, server.State);
        Assert.Equal(weights, server.Weights);
    }

    private static IEnumerable<string> Kinds(IEnumerable<ServerEffect> effects) => effects.Select(e => e.GetType().Name);
}
