using ActorTrain.Core.Tests.Support;
using ActorTrain.Server;

namespace ActorTrain.Core.Tests.Server;

/// <summary>A node's first work in a run that goes on is somebody else's too: nobody waits till it is warm.</summary>
public class TrialTests
{
    private static readonly string Trained = Trainer.Train(Tiny.Recipe, Tiny.Data).State.Parameters.Sha256();
    private static readonly ShardId Node = new("node b", 0);

    [Fact]
    public void A_node_that_joins_gets_first_what_another_unit_has_too_and_nobody_waits_for_it()
    {
        var server = TestServer.With(2, Tiny.Recipe, Tiny.Data);
        server.JoinNode(Node, cores: 1);
        server.AnswerOldest();
        var orders = server.AnswerOldest().OfType<SendWork>().Select(e => $"{e.Shard} {e.Order.Key.Node}");
        Assert.Equal(["node b 1:1", "shard-1 1:0", "shard-2 1:1"], orders.Order());
        var trial = Trial(server);
        server.AnswerUntil<ReportStep>(except: Node);

        server.Now = TimeSpan.FromSeconds(1);
        Assert.Empty(server.Take(server.Compute(trial)));
        var parts = server.AnswerUntil<ReportStep>().OfType<SendWork>().Select(e => $"{e.Shard} {e.Order.Key.Node}");
        Assert.Equal(["node b 0:3", "shard-1 1:0", "shard-2 0:2"], parts.Order());
        server.AnswerUntil<EndRun>();
        Assert.Equal(Trained, server.Weights);
    }

    [Fact]
    public void How_long_the_trial_took_says_nothing_about_the_nodes_speed()
    {
        var server = WithNodeOnTrial();
        server.Now = TimeSpan.FromSeconds(1);
        server.Take(server.Compute(Trial(server)));
        var slot = server.State.Shards.Single(s => s.Id == Node);
        Assert.Equal((0.0, false), (slot.RowCost, slot.IsOnTrial));
    }

    [Fact]
    public void A_node_that_fails_its_trial_gets_another_one()
    {
        var server = WithNodeOnTrial();
        server.Fail(Trial(server), "boom");
        server.AnswerUntil<ReportStep>(except: Node);
        Assert.True(server.State.Shards.Single(s => s.Id == Node).IsOnTrial);
        Assert.Equal(2, server.Orders.Count);
    }

    [Fact]
    public void A_node_on_trial_takes_the_work_of_those_that_are_lost()
    {
        var server = WithNodeOnTrial();
        server.Lose(TestServer.Shard(1));
        server.AnswerUntil<EndRun>();
        Assert.Equal(Trained, server.Weights);
    }

    [Fact]
    public void What_a_node_on_trial_reads_is_not_written_until_it_has_answered_and_is_then_used_again()
    {
        var server = WithNodeOnTrial(Tiny.Recipe with { Epochs = 4 });
        var trial = Trial(server);
        var read = ((GradientOrder)trial.Order).Parameters;
        var weights = read.Sha256();
        for (var step = 0; step < 4; step++) server.AnswerUntil<ReportStep>(except: Node);
        Assert.Equal(weights, read.Sha256());
        server.Take(server.Compute(trial));
        var later = Enumerable.Range(0, 8).Select(_ =>
        {
            server.AnswerUntil<ReportStep>();
            return server.State.Training.Parameters;
        });
        Assert.Contains(read, later);
    }

    private static SendWork Trial(TestServer server) => server.Orders.Single(o => o.Shard == Node);

    private static TestServer WithNodeOnTrial(Recipe? recipe = null)
    {
        var server = TestServer.With(1, recipe ?? Tiny.Recipe, Tiny.Data);
        server.JoinNode(Node, cores: 1);
        server.AnswerOldest();
        return server;
    }
}
