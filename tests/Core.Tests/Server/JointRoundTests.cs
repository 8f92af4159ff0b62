using ActorTrain.Core.Tests.Support;
using ActorTrain.Server;

namespace ActorTrain.Core.Tests.Server;

public class JointRoundTests
{
    private static readonly Recipe Recipe = Tiny.Recipe with { Model = Sequential.Mlp(4, 5000, 2), Epochs = 3 };

    private static readonly string Expected = Trainer.Train(Recipe, Tiny.Data).State.Parameters.Sha256();

    [Fact]
    public void Shards_of_one_process_make_steps_together_as_many_as_fit_into_a_round()
    {
        var server = TestServer.With(2, Recipe, Tiny.Data, jointRanks: 2);
        List<int> steps = [];
        while (server.State.IsAlive)
        {
            var run = server.Orders.Select(o => (o.Order as JointOrder)?.Run).First();
            if (run is not null) steps.Add(run.Steps);
            Assert.All(server.Orders, o => Assert.Same(run, (o.Order as JointOrder)?.Run));
            server.Now += TimeSpan.FromMilliseconds(1);
            server.AnswerTogether();
        }
        // A step takes a millisecond at first; never more at once than four times as many, nor beyond an epoch's five.
        Assert.Equal([1, 4, 5, 5], steps);
        Assert.Equal(Expected, server.Weights);
    }

    [Fact]
    public void Slow_steps_are_made_one_by_one()
    {
        var server = TestServer.With(2, Recipe, Tiny.Data, jointRanks: 2);
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(1, Assert.IsType<JointOrder>(server.Orders[0].Order).Run.Steps);
            server.Now += TimeSpan.FromSeconds(1);
            server.AnswerTogether();
        }
    }

    [Fact]
    public void More_shards_than_ranks_are_idle_meanwhile()
    {
        var server = TestServer.With(3, Recipe, Tiny.Data, jointRanks: 2);
        Assert.Equal(["shard-1", "shard-2"], server.Orders.Select(o => o.Shard.Name));
        while (server.State.IsAlive) server.AnswerTogether();
        Assert.Equal(Expected, server.Weights);
    }

    [Fact]
    public void Where_a_node_computes_too_steps_are_divided_by_rows()
    {
        var server = new TestServer(Recipe, Tiny.Data, shardsToBegin: 3, jointRanks: 2);
        server.Join(TestServer.Shard(1));
        server.Join(TestServer.Shard(2));
        server.JoinNode(new("node", 0), cores: 1);
        Assert.All(server.Orders, o => Assert.IsType<GradientOrder>(o.Order));
        server.AnswerUntil<ReportStep>();
        server.Lose(new("node", 0));
        while (server.Orders[0].Order is not JointOrder) server.AnswerOldest();
        while (server.State.IsAlive) server.AnswerTogether();
        Assert.Equal(Expected, server.Weights);
    }

    [Fact]
    public void A_node_that_joins_waits_for_the_end_of_the_round()
    {
        var server = TestServer.With(2, Recipe, Tiny.Data, jointRanks: 2);
        Assert.DoesNotContain(server.JoinNode(new("node", 0), cores: 1), e => e is SendWork);
        server.AnswerTogether();
        Assert.Contains(server.Orders, o => o.Shard.Name == "node" && o.Order is GradientOrder);
    }

    [Fact]
    public void Steps_that_a_shard_throws_in_are_made_anew_as_ordinary_rounds()
    {
        var server = TestServer.With(2, Recipe, Tiny.Data, jointRanks: 2);
        var (first, second) = (server.Orders[0], server.Orders[1]);
        var effects = server.Fail(first, "thrown by the test");
        Assert.Contains(effects, e => e is ReportReassignment);
        Assert.IsType<GradientOrder>(effects.OfType<SendWork>().Single().Order);
        // The other one hears that the first does not come.
        server.Fail(second, "another shard did not do its part");
        while (server.State.IsAlive) server.AnswerTogether();
        Assert.Equal(Expected, server.Weights);
    }

    [Fact]
    public void A_shard_that_is_lost_takes_the_round_with_it()
    {
        var server = TestServer.With(2, Recipe, Tiny.Data, jointRanks: 2);
        var lost = Assert.IsType<ReportLost>(server.Lose(TestServer.Shard(2))[0]);
        Assert.Equal(Recipe.Microbatches, lost.Microbatches);
        server.Fail(server.Orders[0], "another shard did not do its part");
        while (server.State.IsAlive) server.AnswerTogether();
        Assert.Equal(Expected, server.Weights);
    }

    [Fact]
    public void However_many_ranks_miss_the_one_that_throws_the_round_has_failed_once()
    {
        var server = TestServer.With(16, Recipe, Tiny.Data, jointRanks: 16);
        var orders = server.Orders.ToList();
        Assert.Equal(16, orders.Count(o => o.Order is JointOrder));
        server.Fail(orders[0], "thrown by the test");
        foreach (var order in orders[1..]) server.Fail(order, "another shard did not do its part");
        Assert.Equal((RunPhase.Running, 1), (server.State.Phase, server.State.Failures));
        while (server.State.IsAlive) server.AnswerTogether();
        Assert.Equal(Expected, server.Weights);
    }

    [Fact]
    public void A_round_that_always_fails_is_given_up()
    {
        var server = TestServer.With(1, Recipe, Tiny.Data, jointRanks: 1);
        while (server.State.IsAlive) server.Fail(server.Orders[0], "thrown by the test");
        Assert.Equal(RunPhase.Failed, server.State.Phase);
    }

    [Fact]
    public void A_stop_waits_for_the_round_and_no_longer()
    {
        var server = TestServer.With(2, Recipe, Tiny.Data, jointRanks: 2);
        server.Take(new StopRequested());
        server.AnswerTogether();
        Assert.Equal((RunPhase.Stopped, 1L), (server.State.Phase, server.State.StepsDone));
    }

    [Fact]
    public void A_round_ends_where_a_checkpoint_is_due()
    {
        var server = new TestServer(Recipe, Tiny.Data, shardsToBegin: 2, mostStepsAtRisk: 4, jointRanks: 2);
        server.Join(TestServer.Shard(1));
        server.Join(TestServer.Shard(2));
        server.AnswerTogether();
        Assert.Equal(1, Assert.IsType<JointOrder>(server.Orders[0].Order).Run.Steps);
        server.AnswerTogether();
        Assert.Contains(server.Effects.TakeLast(5), e => e is SaveCheckpoint { Training.Version: 2 });
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Whatever_happens_to_a_single_shard_the_bits_are_the_same(int seed)
    {
        var server = new TestServer(Recipe, Tiny.Data, shardsToBegin: 1, jointRanks: 1);
        new RandomSchedule(seed, server).Run();
        Assert.Equal(Expected, server.Weights);
    }
}
