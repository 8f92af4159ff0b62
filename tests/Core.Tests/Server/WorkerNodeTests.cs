using ActorTrain.Core.Tests.Support;
using ActorTrain.Kernels;
using ActorTrain.Server;
using FsCheck.Xunit;

namespace ActorTrain.Core.Tests.Server;

public class WorkerNodeTests
{
    private static readonly TrainingPlan Plan = new(Tiny.Recipe, Tiny.ManyTests.Description);
    private static readonly FlatVector Parameters = TrainingState.Initial(Tiny.Recipe).Parameters;

    [Theory]
    [InlineData(1, 2, "2:0")]
    [InlineData(2, 2, "1:0 1:1")]
    [InlineData(3, 2, "0:0 0:1 1:1")]
    [InlineData(5, 2, "0:0 0:1 0:2 0:3")]
    [InlineData(3, 1, "0:0 0:1")]
    public void An_order_is_divided_among_the_shards_in_aligned_subtrees(int shards, int level, string parts)
    {
        var node = NodeWith(shards);
        node.Order(Gradient(new(level, 0)));
        Assert.Equal(parts, string.Join(' ', node.Parts.Select(p => p.Part.Key.Node)));
    }

    [Fact]
    public void It_is_answered_once_when_every_part_is()
    {
        var node = NodeWith(2);
        var order = Gradient(new(2, 0));
        node.Order(order);
        var second = node.Compute(node.Parts[1]);
        Assert.Empty(node.Take(second));
        Assert.Empty(node.Take(second));
        var sent = Assert.IsType<SendAnswer>(Assert.Single(node.AnswerOldest()));
        Assert.Equal(order.Key, sent.Answer.Key);
        Assert.Empty(node.Take(second));
        Assert.Null(node.State.Current);
    }

    [Fact]
    public void Orders_are_done_one_after_the_other_in_the_order_of_arrival()
    {
        var node = NodeWith(2);
        node.Order(Gradient(new(1, 1)));
        Assert.Empty(node.Order(Gradient(new(1, 0))));
        Assert.Equal(new(1, 1), node.AnswerAll().Key.Node);
        Assert.Equal(new(1, 0), node.AnswerAll().Key.Node);
    }

    [Fact]
    public void An_order_waits_for_the_first_shard()
    {
        var node = NodeWith(0);
        Assert.Empty(node.Order(Gradient(new(2, 0))));
        Assert.IsType<GivePart>(Assert.Single(node.Ready(TestServer.Shard(1))));
    }

    [Fact]
    public void A_part_that_throws_fails_the_order_and_the_others_answers_change_nothing()
    {
        var node = NodeWith(2);
        var order = Gradient(new(2, 0));
        node.Order(order);
        Assert.Equal<WorkerEffect>([new SendFailure(order.Key, "shard-1: boom")], node.FailOldest("boom"));
        Assert.Empty(node.AnswerOldest());
        Assert.All(node.State.Shards, s => Assert.Null(s.Working));
    }

    [Fact]
    public void An_order_that_failed_and_comes_again_is_answered()
    {
        var node = NodeWith(2);
        node.Order(Gradient(new(2, 0)));
        node.FailOldest("boom");
        node.Order(Gradient(new(2, 0)));
        AssertSame(Alone(Gradient(new(2, 0))), node.AnswerAll());
    }

    [Fact]
    public void An_older_servers_order_is_ignored()
    {
        var node = NodeWith(1);
        node.Order(Gradient(new(1, 0), incarnation: 2));
        var before = node.State;
        Assert.Empty(node.Order(Gradient(new(1, 1), incarnation: 1)));
        Assert.Same(before, node.State);
    }

    [Fact]
    public void A_newer_servers_order_makes_the_node_forget_the_older_ones()
    {
        var node = NodeWith(2);
        node.Order(Gradient(new(1, 0), incarnation: 1));
        node.Order(Gradient(new(1, 1), incarnation: 1));
        Assert.Empty(node.Order(Gradient(new(2, 0), incarnation: 2)));
        var answer = node.AnswerAll();
        Assert.Equal((2, new TreeNode(2, 0)), (answer.Key.Incarnation, answer.Key.Node));
        Assert.Empty(node.Parts);
        Assert.Null(node.State.Current);
    }

    [Fact]
    public void Orders_of_a_lost_connection_are_forgotten_and_what_shards_still_compute_changes_nothing()
    {
        var node = NodeWith(2);
        node.Order(Gradient(new(1, 0)));
        node.Order(Gradient(new(1, 1)));
        Assert.Empty(node.Take(ServerLost.Instance));
        Assert.Empty(node.Order(Gradient(new(2, 0), step: 3)));
        var answer = node.AnswerAll();
        Assert.Equal((3, new TreeNode(2, 0)), (answer.Key.Step, answer.Key.Node));
        Assert.Empty(node.Parts);
    }

    [Fact]
    public void The_part_of_a_shard_that_comes_back_as_a_new_one_is_given_again()
    {
        var node = NodeWith(2);
        node.Order(Gradient(new(2, 0)));
        var late = node.Compute(node.Parts[0]);
        var again = Assert.IsType<GivePart>(Assert.Single(node.Ready(TestServer.Shard(1, incarnation: 1))));
        Assert.Equal((TestServer.Shard(1, 1), late.Answer.Key), (again.Shard, again.Part.Key));
        Assert.Empty(node.Take(late));
        node.AnswerOldest();
        Assert.Null(node.State.Current);
        Assert.Equal([TestServer.Shard(2), TestServer.Shard(1, 1)], node.State.Shards.Select(s => s.Id));
    }

    [Property]
    public void A_nodes_answer_has_the_bits_of_one_shards(byte shards, byte nodeSeed, byte step, int seed)
    {
        var tree = Plan.TreeOf(step % Plan.StepsPerEpoch);
        var level = nodeSeed % (tree.Root.Level + 1);
        var order = Gradient(new(level, nodeSeed % (tree.Leaves >> level)), step: step % Plan.TotalSteps);
        AssertSame(Alone(order), AnswerInAnyOrder(NodeWith(1 + (shards % 5)), order, seed));
    }

    [Property(MaxTest = 20)]
    public void A_nodes_evaluation_has_the_bits_of_one_shards(byte shards, int seed)
    {
        var order = new EvaluationOrder(new(1, 0, 0, WorkKind.Evaluation, Plan.EvaluationTree.Root), Parameters);
        AssertSame(Alone(order), AnswerInAnyOrder(NodeWith(1 + (shards % 4)), order, seed));
    }

    // The server sums two answers of one version; both must still be what they were.
    [Fact]
    public void Answers_of_one_version_stay_valid_together()
    {
        var node = NodeWith(2);
        node.Order(Gradient(new(1, 0)));
        var first = node.AnswerAll();
        node.Order(Gradient(new(1, 1)));
        var second = node.AnswerAll();
        AssertSame(Alone(Gradient(new(1, 0))), first);
        AssertSame(Alone(Gradient(new(1, 1))), second);
    }

    private static TestNode NodeWith(int shards) => new(shards, Tiny.Recipe, Tiny.ManyTests);

    private static GradientOrder Gradient(TreeNode node, long incarnation = 1, long step = 0) =>
        new(new(incarnation, Version: step, step, WorkKind.Gradient, node), Parameters);

    private static WorkAnswer Alone(WorkOrder order) =>
        new ShardComputation(Plan, Tiny.ManyTests, new ManagedMatMul()).Answer(order);

    private static WorkAnswer AnswerInAnyOrder(TestNode node, WorkOrder order, int seed)
    {
        var random = new Random(seed);
        node.Order(order);
        while (true)
        {
            var sent = node.Take(node.Compute(node.Parts[random.Next(node.Parts.Count)])).OfType<SendAnswer>()
                .FirstOrDefault();
            if (sent is not null) return sent.Answer;
        }
    }

    internal static void AssertSame(WorkAnswer expected, WorkAnswer actual)
    {
        Assert.Equal(expected.Key, actual.Key);
        if (expected is EvaluationAnswer { Evaluation: var e })
        {
            var evaluation = Assert.IsType<EvaluationAnswer>(actual).Evaluation;
            Assert.Equal((e.LossSum, e.Classes), (evaluation.LossSum, evaluation.Classes));
            Assert.Equal(e.Confusion, evaluation.Confusion);
            return;
        }
        var (theirs, ours) = (((GradientAnswer)expected).Sum, ((GradientAnswer)actual).Sum);
        Assert.Equal((theirs.LossSum, theirs.Correct, theirs.Rows), (ours.LossSum, ours.Correct, ours.Rows));
        Assert.Equal(theirs.Gradient.Memory.ToArray(), ours.Gradient.Memory.ToArray());
    }
}
