using ActorTrain.Core.Tests.Support;
using ActorTrain.Server;

namespace ActorTrain.Core.Tests.Server;

public class RemoteUnitTests
{
    private static readonly TrainingResult Trained = Trainer.Train(Tiny.Wide, Tiny.Data);
    private static readonly ShardId Node = new("node b", 0);

    [Fact]
    public void A_worker_node_that_joins_and_is_lost_is_reported()
    {
        var server = TestServer.With(1, Tiny.Recipe, Tiny.Data);
        server.AnswerOldest();
        Assert.Equal<ServerEffect>([new ReportJoined(Node, Cores: 2, Step: 1)], server.JoinNode(Node, cores: 2));
        server.PassTrial(Node);
        server.AnswerOldest();
        server.Now = TimeSpan.FromSeconds(1.3);
        var lost = Assert.IsType<ReportLost>(server.Lose(Node)[0]);
        Assert.Equal(new(Node, Step: 4, TimeSpan.FromSeconds(1.3), Microbatches: 3, "killed by the test"), lost);
    }

    [Fact]
    public void A_node_that_always_fails_is_dismissed_and_the_others_finish_the_run()
    {
        var server = TestServer.With(1, Tiny.Wide, Tiny.Data);
        server.JoinNode(Node, cores: 1);
        server.PassTrial(Node);
        server.AnswerOldest();
        while (server.State.Shards.Any(s => s.Id == Node))
            server.Fail(server.Orders.Single(o => o.Shard == Node), "boom");
        Assert.Equal(
            new DismissNode(Node, "it failed 5 times, the last time with boom"),
            Assert.Single(server.Effects.OfType<DismissNode>()));
        Assert.Equal(
            (2, "it failed 5 times, the last time with boom"),
            server.Effects.OfType<ReportLost>().Select(e => (e.Microbatches, e.Reason)).Single());
        server.AnswerUntil<EndRun>();
        Assert.Equal(Trained.State.Parameters.Sha256(), server.Weights);
    }

    // Found by the simulator: each connection began with no failures, and eight of one node ended the run.
    [Fact]
    public void A_node_that_always_fails_is_dismissed_though_its_connection_breaks_between()
    {
        var server = TestServer.With(1, Tiny.Wide, Tiny.Data);
        var life = Node;
        server.JoinNode(life, cores: 1);
        server.AnswerOldest();
        for (var failures = 0; failures < ParameterServer.MaxFailuresOfNode; failures++)
        {
            if (failures > 0) server.JoinNode(life = life with { Incarnation = failures }, cores: 1);
            while (server.Orders.Find(o => o.Shard == life) is null) server.AnswerOldest();
            server.Fail(server.Orders.First(o => o.Shard == life), "boom");
            if (failures < ParameterServer.MaxFailuresOfNode - 1) server.Lose(life);
        }
        Assert.Equal(
            new DismissNode(life, "it failed 5 times, the last time with boom"),
            Assert.Single(server.Effects.OfType<DismissNode>()));
        server.AnswerUntil<EndRun>();
        Assert.Equal(Trained.State.Parameters.Sha256(), server.Weights);
    }

    [Theory, InlineData(1), InlineData(0)]
    public void However_many_nodes_always_fail_whoever_can_do_the_work_finishes_the_run(int shards)
    {
        var server = new TestServer(Tiny.Wide, Tiny.Data, shardsToBegin: 4);
        ShardId[] bad = [Node, new("node c", 0), new("node d", 0)];
        foreach (var node in bad) server.JoinNode(node, cores: 1);
        var good = new ShardId("good", 0);
        if (shards == 0) server.JoinNode(good, cores: 1);
        else server.Join(good);
        while (server.State.IsAlive)
        {
            if (server.Orders.Find(o => bad.Contains(o.Shard)) is { } order) server.Fail(order, "boom");
            else server.AnswerOldest();
        }
        Assert.Equal(bad.ToHashSet(), server.Effects.OfType<DismissNode>().Select(e => e.Shard).ToHashSet());
        Assert.Equal(Trained.State.Parameters.Sha256(), server.Weights);
    }

    [Fact]
    public void A_run_whose_last_node_is_dismissed_waits_for_another_one()
    {
        var server = new TestServer(Tiny.Wide, Tiny.Data, shardsToBegin: 1);
        server.JoinNode(Node, cores: 1);
        while (!server.State.Shards.IsEmpty) server.Fail(server.Orders[^1], "boom");
        Assert.Single(server.Effects.OfType<DismissNode>());
        Assert.True(server.State.IsAlive);
        server.JoinNode(new("good", 0), cores: 1);
        server.AnswerUntil<EndRun>();
        Assert.Equal(Trained.State.Parameters.Sha256(), server.Weights);
    }

    [Fact]
    public void A_run_that_is_asked_to_stop_ends_when_its_last_node_is_dismissed()
    {
        var server = new TestServer(Tiny.Recipe, Tiny.Data, shardsToBegin: 1);
        server.JoinNode(Node, cores: 1);
        server.Take(new StopRequested());
        while (!server.State.Shards.IsEmpty) server.Fail(server.Orders[^1], "boom");
        Assert.Equal(RunPhase.Stopped, server.State.Phase);
    }

    [Fact]
    public void A_node_that_fails_now_and_then_stays()
    {
        var server = TestServer.With(1, Tiny.Recipe, Tiny.Data);
        server.JoinNode(Node, cores: 1);
        while (server.State.IsAlive)
        {
            if (server.Orders.Find(o => o.Shard == Node) is { } order) server.Fail(order, "boom");
            while (server.State.IsAlive && server.Orders.Find(o => o.Shard == Node) is null) server.AnswerOldest();
            if (server.State.IsAlive) server.Take(server.Compute(server.Orders.Single(o => o.Shard == Node)));
        }
        Assert.Empty(server.Effects.OfType<DismissNode>());
    }

    [Fact]
    public void A_local_shard_that_joins_is_not_reported() =>
        Assert.Empty(TestServer.With(1, Tiny.Recipe, Tiny.Data).Join(TestServer.Shard(2)));

    [Fact]
    public void A_node_that_nobody_measured_is_taken_to_be_as_fast_for_each_core_as_the_others()
    {
        var server = TestServer.With(1, Tiny.Recipe, Tiny.Data);
        server.JoinNode(Node, cores: 3);
        server.PassTrial(Node);
        server.Now = TimeSpan.FromMilliseconds(1);
        var orders = server.AnswerOldest().OfType<SendWork>().Select(e => $"{e.Shard} {e.Order.Key.Node}");
        Assert.Equal(["node b 1:0", "node b 0:2", "shard-1 0:3"], orders);
    }

    [Fact]
    public void A_slow_node_gets_less()
    {
        var server = TestServer.With(1, Tiny.Recipe, Tiny.Data);
        server.JoinNode(Node, cores: 1);
        server.PassTrial(Node);
        server.AnswerOldest();
        // Four rows in 1 ms here, four rows in 3 ms there.
        server.Now = TimeSpan.FromMilliseconds(1);
        server.Take(server.Compute(server.Orders.Single(o => o.Shard == TestServer.Shard(1))));
        server.Now = TimeSpan.FromMilliseconds(3);
        var orders = server.AnswerOldest().OfType<SendWork>().Select(e => $"{e.Shard} {e.Order.Key.Node}");
        Assert.Equal(["node b 0:3", "shard-1 1:0", "shard-1 0:2"], orders);
    }

    [Fact]
    public void Who_computes_as_fast_gets_as_much_however_long_its_answers_are_on_the_way()
    {
        var server = new TestServer(Tiny.Recipe, Tiny.Data, shardsToBegin: 2);
        server.Join(TestServer.Shard(1));
        server.JoinNode(Node, cores: 1);
        var orders = AnswerStep(server, after: (1, 3), computing: (1, 1));
        Assert.Equal(["node b 1:1", "shard-1 1:0"], orders.Order());
        orders = AnswerStep(server, after: (1, 3), computing: (1, 4));
        orders = AnswerStep(server, after: (1, 3), computing: (1, 4));
        Assert.Equal(["node b 0:3", "shard-1 0:2", "shard-1 1:0"], orders.Order());
    }

    [Fact]
    public void Who_computes_fast_but_is_far_away_is_left_out_until_the_next_probe()
    {
        var server = new TestServer(Tiny.Recipe, Tiny.Data, shardsToBegin: 2);
        server.Join(TestServer.Shard(1));
        server.JoinNode(Node, cores: 1);
        var orders = AnswerStep(server, after: (1, 30), computing: (1, 1));
        Assert.Equal(["shard-1 2:0"], orders);
    }

    // Milliseconds of the local shard and of the node.
    private static List<string> AnswerStep(TestServer server, (int, int) after, (int, int) computing)
    {
        var (begin, times) = (server.Now, new[] { (after.Item1, computing.Item1), (after.Item2, computing.Item2) });
        List<ServerEffect> effects = [];
        foreach (var order in server.Orders.ToList())
        {
            var (end, work) = times[order.Shard == Node ? 1 : 0];
            server.Now = begin + TimeSpan.FromMilliseconds(end);
            var answered = server.Compute(order);
            var answer = answered.Answer with { Computing = TimeSpan.FromMilliseconds(work) };
            effects.AddRange(server.Take(answered with { Answer = answer }));
        }
        return [.. effects.OfType<SendWork>().Select(e => $"{e.Shard} {e.Order.Key.Node}")];
    }

    [Theory]
    [InlineData("sync")]
    [InlineData("async")]
    public void What_goes_to_another_node_goes_ahead_of_the_update_that_it_is_computed_from(string strategy)
    {
        Assert.True(Strategy.TryParse(strategy, out var parsed));
        var server = TestServer.With(1, Tiny.Recipe with { Strategy = parsed }, Tiny.Data);
        server.JoinNode(Node, cores: 1);
        var order = server.Orders.Find(o => o.Shard == Node);
        var effects = order is null ? server.AnswerOldest() : server.Take(server.Compute(order));
        var ahead = Assert.IsType<SendWork>(effects[0]);
        Assert.Equal((Node, true), (ahead.Shard, ahead.IsAhead));
        var update = Assert.IsType<ApplyUpdate>(effects[1]).Update;
        Assert.Same(update.Parameters, Assert.IsType<GradientOrder>(ahead.Order).Parameters);
        Assert.DoesNotContain(effects.Skip(1).OfType<SendWork>(), e => e.IsAhead || e.Shard == Node);
    }

    [Fact]
    public void A_worker_node_has_no_part_in_an_update()
    {
        var server = new TestServer(Tiny.Wide, Tiny.Data, shardsToBegin: 4);
        for (var i = 1; i <= 3; i++) server.Join(TestServer.Shard(i));
        server.JoinNode(Node, cores: 4);
        server.AnswerUntil<EndRun>();
        var updates = server.Effects.OfType<SendWork>().Where(e => e.Order is UpdateOrder).ToList();
        Assert.Equal(3 * 6, updates.Count);
        Assert.DoesNotContain(updates, e => e.Shard == Node);
        Assert.Equal(Trained.State.Parameters.Sha256(), server.Weights);
    }

    [Fact]
    public void Worker_nodes_alone_leave_the_update_to_the_server()
    {
        var server = new TestServer(Tiny.Wide, Tiny.Data, shardsToBegin: 2);
        server.JoinNode(Node, cores: 2);
        server.JoinNode(new("node c", 0), cores: 2);
        server.AnswerUntil<EndRun>();
        Assert.DoesNotContain(server.Effects.OfType<SendWork>(), e => e.Order is UpdateOrder);
        Assert.Equal(Trained.State.Parameters.Sha256(), server.Weights);
    }
}
