using ActorTrain.Core.Tests.Support;
using ActorTrain.Server;
using FsCheck.Xunit;
using static ActorTrain.Core.Tests.Server.ServerAssert;

namespace ActorTrain.Core.Tests.Server;

/// <summary>The update of a large model, done by the shards together.</summary>
public class DividedUpdateTests
{
    private static readonly TrainingResult Trained = Trainer.Train(Tiny.Wide, Tiny.Data);

    [Theory, InlineData(1, 0), InlineData(2, 12), InlineData(3, 18), InlineData(4, 24)]
    public void The_update_of_a_large_model_is_divided_among_the_shards_and_gives_the_same_bits(
        int shards, int updateOrders)
    {
        var server = TestServer.With(shards, Tiny.Wide, Tiny.Data);
        server.AnswerUntil<EndRun>();
        AssertTrained(Trained, server);
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
        AssertTrained(Trained, server);
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
        AssertTrained(Trained, server);
    }

    [Property(MaxTest = 20)]
    public void Whatever_the_shards_do_a_run_with_divided_updates_ends_with_the_trainers_state(int seed, byte shards) =>
        AssertTrained(Trained, Tiny.Wide, seed, shards);
}
