using ActorTrain.Core.Tests.Support;
using ActorTrain.Server;
using static ActorTrain.Core.Tests.Server.ServerAssert;

namespace ActorTrain.Core.Tests.Server;

/// <summary>What becomes of work whose shard is lost or throws.</summary>
public class LostWorkTests
{
    private static readonly TrainingResult Trained = Trainer.Train(Tiny.Recipe, Tiny.Data);

    [Fact]
    public void A_lost_shards_work_is_handed_out_again()
    {
        var server = TestServer.With(2, Tiny.Recipe, Tiny.Data);
        var key = server.Orders[1].Order.Key;
        server.AnswerOldest();
        var effects = server.Lose(TestServer.Shard(2));
        Assert.Equal(
            new ReportLost(TestServer.Shard(2), Step: 0, TimeSpan.Zero, Microbatches: 2, "killed by the test"),
            effects[0]);
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
        Assert.Equal(
            new ReportLost(TestServer.Shard(1), Step: 0, TimeSpan.Zero, Microbatches: 4, "it came back as a new one"),
            effects[0]);
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
        Assert.Equal(
            new ReportReassignment(TestServer.Shard(1), order.Order.Key, "DivideByZeroException: no"), effects[0]);
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
        var end = Assert.IsType<EndRun>(
            Assert.Single(server.Fail(server.Orders.Single(o => o.Shard == TestServer.Shard(2)), "boom")));
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
}
