using ActorTrain.Checkpoints;
using ActorTrain.Core.Tests.Support;
using ActorTrain.Server;
using FsCheck.Xunit;
using static ActorTrain.Core.Tests.Server.ServerAssert;

namespace ActorTrain.Core.Tests.Server;

public class ParameterServerTests
{
    private static readonly TrainingResult Trained = Trainer.Train(Tiny.Recipe, Tiny.Data);

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
        Assert.Equal(
            nodes,
            string.Join(' ', TestServer.With(shards, Tiny.Recipe, Tiny.Data).Orders.Select(o => o.Order.Key.Node)));

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

    [Theory, InlineData(0, 1, 2), InlineData(0, 2, 1), InlineData(1, 0, 2), InlineData(1, 2, 0), InlineData(2, 0, 1)]
    [InlineData(2, 1, 0)]
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
            key with { Version = -1 },
            key with { Version = 1 }, key with { Incarnation = 0 }, key with { Incarnation = 2 },
            key with { Kind = WorkKind.Evaluation },
            key with { Node = new(2, 0) }, key with { Node = new(0, 0) }, key with { Node = new(1, 7) },
        ];
        foreach (var other in others)
            AssertNothing(server, new WorkAnswered(TestServer.Shard(1), answer with { Key = other }));
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
        Assert.Equal(
            [TestServer.Shard(1), TestServer.Shard(2)], server.AnswerOldest().OfType<SendWork>().Select(e => e.Shard));
        server.AnswerUntil<EndRun>();
        AssertTrained(Trained, server);
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

    [Property(MaxTest = 100)]
    public void Whatever_the_shards_do_a_run_ends_with_the_trainers_state(int seed, byte shards) =>
        AssertTrained(Trained, Tiny.Recipe, seed, shards);
}
