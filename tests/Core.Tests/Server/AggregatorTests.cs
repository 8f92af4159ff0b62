using ActorTrain.Core.Tests.Support;
using ActorTrain.Kernels;
using ActorTrain.Server;
using FsCheck.Xunit;

namespace ActorTrain.Core.Tests.Server;

public class AggregatorTests
{
    private static readonly TrainingPlan Plan = new(Tiny.Recipe, Tiny.ManyTests.Description);
    private static readonly FlatVector Parameters = TrainingState.Initial(Tiny.Recipe).Parameters;
    private static readonly ShardId One = TestAggregator.Member(1), Two = TestAggregator.Member(2);
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(10);

    [Theory]
    [InlineData(0, 2, 2, 0, "1:0 1:1")]
    [InlineData(1, 1, 2, 0, "1:0 1:1")]
    [InlineData(0, 2, 1, 1, "0:2 0:3")]
    [InlineData(1, 2, 2, 0, "1:0 0:2 0:3")]
    [InlineData(0, 1, 2, 0, "2:0")]
    [InlineData(0, 9, 1, 0, "0:0 0:1")]
    public void An_orders_subtree_is_divided_among_shards_and_members(
        int shards, int members, int level, int index, string parts)
    {
        var aggregator = GroupOf(shards, members);
        aggregator.Order(Gradient(new(level, index)));
        Assert.Equal(parts, string.Join(' ', aggregator.Orders.Select(o => o.Order.Key.Node)));
        Assert.Equal(aggregator.Orders.Count, aggregator.Orders.Select(o => o.Shard).Distinct().Count());
    }

    [Fact]
    public void Who_is_faster_gets_more()
    {
        var aggregator = GroupOf(shards: 0, members: 2);
        aggregator.Order(Gradient(new(2, 0), step: 1));
        aggregator.Now += TimeSpan.FromMilliseconds(1);
        aggregator.Take(aggregator.Compute(aggregator.Orders.Single(o => o.Shard == Two)));
        aggregator.Now += TimeSpan.FromMilliseconds(2);
        aggregator.AnswerAll();
        aggregator.Order(Gradient(new(2, 0), step: 2));
        Assert.Equal("1:0 0:2", aggregator.NodesOf(Two));
        Assert.Equal("0:3", aggregator.NodesOf(One));
    }

    [Fact]
    public void An_order_is_answered_once_whatever_comes_late_or_twice()
    {
        var aggregator = GroupOf(shards: 1, members: 1);
        aggregator.Order(Gradient(new(2, 0)));
        var second = aggregator.Compute(aggregator.Orders[1]);
        aggregator.Take(second);
        aggregator.Take(second);
        Assert.Empty(aggregator.Sent);
        AssertSame(Alone(Gradient(new(2, 0))), aggregator.AnswerAll());
        aggregator.Take(second);
        Assert.Single(aggregator.Sent);
        Assert.Empty(aggregator.State.Works);
    }

    [Fact]
    public void The_part_of_a_lost_member_is_computed_by_somebody_else()
    {
        var aggregator = GroupOf(shards: 0, members: 2);
        aggregator.Order(Gradient(new(2, 0)));
        var late = aggregator.Compute(aggregator.Orders.Single(o => o.Shard == One));
        var lost = Assert.IsType<ReportLost>(Assert.Single(aggregator.Lose(One)));
        Assert.Equal((One, 2), (lost.Shard, lost.Microbatches));
        Assert.Equal([late.Answer.Key], aggregator.AnswerOldest().OfType<SendWork>().Select(s => s.Order.Key));
        AssertSame(Alone(Gradient(new(2, 0))), aggregator.AnswerAll());
        aggregator.Take(late);
        Assert.Single(aggregator.Sent);
    }

    [Fact]
    public void An_aggregator_computes_the_part_of_its_only_member_itself()
    {
        var aggregator = GroupOf(shards: 1, members: 1);
        aggregator.Order(Gradient(new(2, 0)));
        aggregator.AnswerOldest();
        var again = Assert.IsType<SendWork>(aggregator.Lose(One)[^1]);
        Assert.Equal((TestServer.Shard(1), new TreeNode(1, 1)), (again.Shard, again.Order.Key.Node));
        AssertSame(Alone(Gradient(new(2, 0))), aggregator.AnswerAll());
    }

    [Fact]
    public void Without_a_group_an_order_waits_for_the_first_member()
    {
        var aggregator = GroupOf(shards: 0, members: 1);
        aggregator.Order(Gradient(new(2, 0)));
        aggregator.Lose(One);
        Assert.Equal(0, aggregator.State.Cores);
        Assert.Contains(aggregator.JoinMember(Two, cores: 3), e => e is SendWork { Order.Key.Node: { Level: 2 } });
        Assert.Equal(3, aggregator.State.Cores);
        AssertSame(Alone(Gradient(new(2, 0))), aggregator.AnswerAll());
    }

    [Fact]
    public void A_member_that_comes_back_is_another_one_and_news_of_its_earlier_life_does_no_harm()
    {
        var aggregator = GroupOf(shards: 0, members: 1);
        aggregator.Order(Gradient(new(2, 0)));
        var again = TestAggregator.Member(1, life: 1);
        Assert.Contains(aggregator.JoinMember(again), e => e is SendWork { Order.Key.Node: { Level: 2 } });
        Assert.Empty(aggregator.Take(new ShardLost(One, "late news")));
        Assert.Empty(aggregator.Take(new ShardJoined(One, IsRemote: true)));
        Assert.Equal([again], aggregator.State.Units.Select(u => u.Id));
    }

    [Fact]
    public void What_is_late_is_given_to_somebody_idle_and_the_first_answer_counts()
    {
        var aggregator = GroupOf(shards: 0, members: 2);
        aggregator.Order(Gradient(new(2, 0)));
        var late = aggregator.Orders.Single(o => o.Shard == One);
        aggregator.Take(aggregator.Compute(aggregator.Orders.Single(o => o.Shard == Two)));
        Assert.Empty(aggregator.Take(Ticked.Instance));
        aggregator.Now += Long;
        var effects = aggregator.Take(Ticked.Instance);
        Assert.Equal(One, Assert.IsType<ReportReassignment>(effects[0]).Shard);
        Assert.Equal((Two, late.Order.Key), (((SendWork)effects[1]).Shard, ((SendWork)effects[1]).Order.Key));
        Assert.Empty(aggregator.Take(Ticked.Instance));
        aggregator.Orders.Remove(late);
        AssertSame(Alone(Gradient(new(2, 0))), aggregator.AnswerAll());
        // It is not idle before it has answered.
        aggregator.Order(Gradient(new(2, 0), step: 1));
        Assert.Equal(("", "2:0"), (aggregator.NodesOf(One), aggregator.NodesOf(Two)));
    }

    [Fact]
    public void What_a_member_fails_at_is_handed_out_again_and_who_always_fails_is_dismissed()
    {
        var aggregator = GroupOf(shards: 0, members: 2);
        aggregator.Order(Gradient(new(2, 0)));
        for (var failures = 1; failures < ParameterServer.MaxFailuresOfNode; failures++)
        {
            var failed = aggregator.Orders.Single(o => o.Shard.Name == One.Name);
            var effects = aggregator.Fail(failed, "boom");
            Assert.Equal((failed.Shard, failed.Order.Key, "boom"), effects[0] is ReportReassignment r
                ? (r.Shard, r.Key, r.Reason)
                : default);
            // A new connection makes it no better.
            aggregator.Lose(failed.Shard);
            aggregator.JoinMember(TestAggregator.Member(1, life: failures));
        }
        var last = aggregator.Orders.Single(o => o.Shard.Name == One.Name);
        var dismissed = Assert.Single(aggregator.Fail(last, "boom").OfType<DismissNode>());
        Assert.Equal((last.Shard, "it failed 5 times, the last time with boom"), (dismissed.Shard, dismissed.Reason));
        Assert.Equal([Two], aggregator.State.Units.Select(u => u.Id));
        AssertSame(Alone(Gradient(new(2, 0))), aggregator.AnswerAll());
    }

    [Fact]
    public void What_a_shard_of_its_own_fails_at_is_told_to_the_server()
    {
        var aggregator = GroupOf(shards: 1, members: 1);
        var order = Gradient(new(2, 0));
        aggregator.Order(order);
        aggregator.Fail(aggregator.Orders.Single(o => o.Shard == TestServer.Shard(1)), "boom");
        Assert.Equal<WorkerEffect>([new SendFailure(order.Key, "shard-1: boom")], aggregator.Sent);
        aggregator.AnswerOldest();
        Assert.Single(aggregator.Sent);
        aggregator.Order(order);
        AssertSame(Alone(order), aggregator.AnswerAll(from: 1));
    }

    [Fact]
    public void An_older_servers_order_is_ignored_and_a_newer_ones_replaces_all()
    {
        var aggregator = GroupOf(shards: 0, members: 2);
        aggregator.Order(Gradient(new(1, 0), incarnation: 2));
        var before = aggregator.State;
        Assert.Empty(aggregator.Order(Gradient(new(1, 1), incarnation: 1)));
        Assert.Same(before, aggregator.State);
        Assert.Empty(aggregator.Order(Gradient(new(2, 0), incarnation: 3)));
        while (aggregator.Sent.Count == 0) aggregator.AnswerOldest();
        Assert.Equal(3, ((SendAnswer)aggregator.Sent[0]).Answer.Key.Incarnation);
    }

    [Fact]
    public void What_a_shard_needed_for_a_rehearsal_says_nothing_about_its_speed()
    {
        var aggregator = GroupOf(shards: 1, members: 1);
        aggregator.Order(Gradient(new(2, 0), incarnation: 0));
        var ofMember = aggregator.Orders.Single(o => o.Shard == One);
        aggregator.Take(aggregator.Compute(ofMember));
        aggregator.Now += Long;
        aggregator.AnswerAll();
        aggregator.Order(Gradient(new(2, 0), step: 1));
        Assert.Equal(("1:0", "1:1"), (aggregator.NodesOf(TestServer.Shard(1)), aggregator.NodesOf(One)));
    }

    [Fact]
    public void It_tells_how_long_its_group_computed_side_by_side()
    {
        var aggregator = GroupOf(shards: 0, members: 2);
        aggregator.Order(Gradient(new(2, 0)));
        foreach (var milliseconds in new[] { 3, 5 })
        {
            var answer = aggregator.Compute(aggregator.Orders[0]);
            aggregator.Take(answer with
            {
                Answer = answer.Answer with { Computing = TimeSpan.FromMilliseconds(milliseconds) },
            });
        }
        var sent = Assert.IsType<SendAnswer>(Assert.Single(aggregator.Sent));
        Assert.Equal(TimeSpan.FromMilliseconds(4), sent.Answer.Computing);
    }

    [Fact]
    public void An_order_that_comes_again_over_a_new_connection_takes_what_is_computed_already()
    {
        var aggregator = GroupOf(shards: 0, members: 2);
        aggregator.Order(Gradient(new(2, 0)));
        aggregator.Take(ServerLost.Instance);
        Assert.Empty(aggregator.State.Works);
        Assert.Empty(aggregator.Order(Gradient(new(2, 0))));
        AssertSame(Alone(Gradient(new(2, 0))), aggregator.AnswerAll());
        Assert.Empty(aggregator.Orders);
    }

    [Fact]
    public void An_order_that_comes_twice_is_done_once()
    {
        var aggregator = GroupOf(shards: 0, members: 2);
        aggregator.Order(Gradient(new(2, 0)));
        Assert.Empty(aggregator.Order(Gradient(new(2, 0))));
        aggregator.AnswerAll();
        Assert.Empty(aggregator.State.Works);
    }

    // Gradients of one version are memory that an order of another one may be written to.
    [Fact]
    public void Orders_of_one_version_are_done_side_by_side_and_those_of_the_next_afterwards()
    {
        var aggregator = GroupOf(shards: 0, members: 3);
        aggregator.Order(Gradient(new(1, 0)));
        Assert.Equal(
            [(TestAggregator.Member(3), new TreeNode(0, 2))],
            aggregator.Order(Gradient(new(1, 1))).OfType<SendWork>().Select(s => (s.Shard, s.Order.Key.Node)));
        Assert.Empty(aggregator.Order(Gradient(new(2, 0), step: 1)));
        var (first, second) = (aggregator.AnswerAll(), aggregator.AnswerAll(from: 1));
        AssertSame(Alone(Gradient(new(1, 0))), first);
        AssertSame(Alone(Gradient(new(1, 1))), second);
        AssertSame(Alone(Gradient(new(2, 0), step: 1)), aggregator.AnswerAll(from: 2));
    }

    [Fact]
    public void Local_steps_are_not_divided_and_each_core_of_a_member_makes_its_own()
    {
        var recipe = Tiny.Recipe with { Strategy = new LocalSgd(2) };
        var aggregator = new TestAggregator(shards: 1, members: 0, recipe, Tiny.ManyTests);
        aggregator.JoinMember(One, cores: 2);
        var state = TrainingState.Initial(recipe);
        for (var i = 0; i < 4; i++)
            aggregator.Order(new LocalStepsOrder(
                new(1, 0, 0, WorkKind.LocalSteps, new(0, i)), FirstStep: 0, Steps: 1, state.Parameters,
                state.Optimizer));
        Assert.Equal("0:0", aggregator.NodesOf(TestServer.Shard(1)));
        Assert.Equal("0:1 0:2", aggregator.NodesOf(One));
        Assert.Equal(new TreeNode(0, 0), aggregator.AnswerAll().Key.Node);
        Assert.Equal("0:3", aggregator.NodesOf(TestServer.Shard(1)));
    }

    [Property(MaxTest = 60)]
    public void Whatever_happens_in_the_group_an_answer_has_the_bits_of_one_shards(
        byte shards, byte members, byte nodeSeed, byte step, int seed)
    {
        var aggregator = GroupOf(shards % 3, 1 + (members % 4));
        var tree = Plan.TreeOf(step % Plan.StepsPerEpoch);
        var level = nodeSeed % (tree.Root.Level + 1);
        var order = Gradient(new(level, nodeSeed % (tree.Leaves >> level)), step: step % Plan.TotalSteps);
        AssertSame(Alone(order), AnswerInAnyOrder(aggregator, order, new(seed)));
        var evaluation = new EvaluationOrder(
            new(1, 0, 0, WorkKind.Evaluation, Plan.EvaluationTree.Root), Parameters);
        AssertSame(Alone(evaluation), AnswerInAnyOrder(aggregator, evaluation, new(seed)));
    }

    private static WorkAnswer AnswerInAnyOrder(TestAggregator aggregator, WorkOrder order, Random random)
    {
        var (sent, life) = (aggregator.Sent.Count, 1);
        aggregator.Order(order);
        while (aggregator.Sent.Count == sent)
        {
            aggregator.Now += TimeSpan.FromMilliseconds(random.Next(2000));
            var given = aggregator.Orders[random.Next(aggregator.Orders.Count)];
            switch (random.Next(6))
            {
                case 0 when given.Shard.Name.StartsWith("member", StringComparison.Ordinal):
                    aggregator.Lose(given.Shard);
                    aggregator.JoinMember(given.Shard with { Incarnation = 100 + order.Key.Node.Level + life++ });
                    break;
                case 1:
                    aggregator.Take(Ticked.Instance);
                    break;
                default:
                    aggregator.Take(aggregator.Compute(given));
                    break;
            }
        }
        aggregator.Orders.ToList().ForEach(o => aggregator.Take(aggregator.Compute(o)));
        return Assert.IsType<SendAnswer>(Assert.Single(aggregator.Sent.Skip(sent))).Answer;
    }

    private static TestAggregator GroupOf(int shards, int members) => new(shards, members, Tiny.Recipe, Tiny.ManyTests);

    private static GradientOrder Gradient(TreeNode node, long incarnation = 1, long step = 0) =>
        new(new(incarnation, Version: step, step, WorkKind.Gradient, node), Parameters);

    private static WorkAnswer Alone(WorkOrder order) =>
        new ShardComputation(Plan, Tiny.ManyTests, new ManagedMatMul()).Answer(order);

    private static void AssertSame(WorkAnswer expected, WorkAnswer actual) =>
        WorkerNodeTests.AssertSame(expected, actual);
}
