using ActorTrain.Core.Tests.Support;
using ActorTrain.Server;

namespace ActorTrain.Core.Tests.Server;

public class LateWorkTests
{
    private static readonly TrainingResult Trained = Trainer.Train(Tiny.Recipe, Tiny.Data);
    private static readonly ShardId First = TestServer.Shard(1);
    private static readonly ShardId Second = TestServer.Shard(2);

    [Fact]
    public void Work_is_late_after_the_first_patience_and_then_given_to_somebody_idle_too()
    {
        var server = TestServer.With(2, Tiny.Recipe, Tiny.Data);
        var late = server.Orders[1];
        server.AnswerOldest();
        Assert.Empty(Tick(server, ms: 2000));
        var effects = Tick(server, ms: 2001);
        Assert.Equal<ServerEffect>(
            [new ReportReassignment(Second, late.Order.Key, "no answer for 2.0 s"), new SendWork(First, late.Order)],
            effects);
    }

    [Fact]
    public void Three_times_what_it_should_have_taken_is_granted_on_top()
    {
        var server = TestServer.With(2, Tiny.Recipe, Tiny.Data);
        server.Now = Ms(400);
        server.AnswerOldest();
        server.AnswerOldest();
        // Both took 100 ms for each of four rows; they should be done again after 400 ms.
        server.AnswerOldest();
        Assert.Empty(Tick(server, 400 + 1450));
        Assert.Equal(2, Tick(server, 400 + 1451).Count);
    }

    [Fact]
    public void Nobody_who_is_busy_gets_late_work()
    {
        var server = TestServer.With(2, Tiny.Recipe, Tiny.Data);
        Assert.Empty(Tick(server, 10_000));
    }

    [Fact]
    public void It_is_handed_out_a_third_time_only_when_the_second_one_is_late_too()
    {
        var server = TestServer.With(3, Tiny.Recipe, Tiny.Data);
        server.AnswerOldest();
        server.AnswerOldest();
        Assert.Equal([First], Tick(server, 2001).OfType<SendWork>().Select(e => e.Shard));
        Assert.Empty(Tick(server, 2050));
        Assert.Equal([Second], Tick(server, 4002).OfType<SendWork>().Select(e => e.Shard));
    }

    [Fact]
    public void The_first_answer_counts_and_the_others_late_one_only_makes_it_idle()
    {
        var server = TestServer.With(2, Tiny.Recipe, Tiny.Data);
        var late = server.Orders[1];
        server.AnswerOldest();
        Tick(server, 2001);
        server.Take(server.Compute(server.Orders.Single(o => o.Shard == First)));
        Assert.Equal(1, server.State.Training.Version);
        Assert.Equal([First], server.Orders.Where(o => o != late).Select(o => o.Shard));
        var (training, round) = (server.State.Training, server.State.Round);
        Assert.Empty(server.Take(server.Compute(late)));
        Assert.Same(training, server.State.Training);
        Assert.Same(round, server.State.Round);
        Assert.True(server.State.Shards.Single(s => s.Id == Second).IsIdle);
        server.AnswerUntil<EndRun>();
        Assert.Equal(Trained.State.Parameters.Sha256(), server.Weights);
    }

    [Fact]
    public void Memory_of_parameters_that_somebody_late_still_reads_is_not_written_again()
    {
        var server = TestServer.With(2, Tiny.Recipe, Tiny.Data);
        server.AnswerOldest();
        server.AnswerOldest();
        var late = server.Orders.Single(o => o.Shard == Second);
        var parameters = ((GradientOrder)late.Order).Parameters;
        var weights = parameters.Sha256();
        server.AnswerOldest();
        Tick(server, 2001);
        while (server.Orders.Find(o => o.Shard == First) is { } order)
        {
            server.Take(server.Compute(order));
            Assert.Equal(weights, parameters.Sha256());
        }
        Assert.Equal(Trained.State.Parameters.Sha256(), server.Weights);
    }

    [Fact]
    public void Memory_of_parameters_that_nobody_reads_is_the_next_versions_but_one()
    {
        var server = TestServer.With(2, Tiny.Recipe, Tiny.Data);
        server.AnswerUntil<ReportStep>();
        var parameters = server.State.Training.Parameters;
        server.AnswerUntil<ReportStep>();
        server.AnswerUntil<ReportStep>();
        Assert.Same(parameters, server.State.Training.Parameters);
    }

    [Fact]
    public void A_part_of_an_update_is_never_handed_out_twice()
    {
        var server = TestServer.With(2, Tiny.Wide, Tiny.Data);
        server.AnswerOldest();
        server.AnswerOldest();
        server.AnswerOldest();
        Assert.IsType<UpdateOrder>(Assert.Single(server.Orders).Order);
        Assert.Empty(Tick(server, 60_000));
    }

    [Fact]
    public void What_somebody_else_has_too_is_not_handed_out_again_when_one_of_them_is_lost_or_throws()
    {
        var server = TestServer.With(2, Tiny.Recipe, Tiny.Data);
        var late = server.Orders[1];
        server.AnswerOldest();
        Tick(server, 2001);
        Assert.Empty(server.Fail(late, "boom"));
        Tick(server, 4002);
        var again = server.Orders.Single(o => o.Shard == Second);
        Assert.Equal(late, again);
        var lost = Assert.IsType<ReportLost>(Assert.Single(server.Lose(Second)));
        Assert.Equal(0, lost.Microbatches);
        server.AnswerUntil<EndRun>();
        Assert.Equal(Trained.State.Parameters.Sha256(), server.Weights);
    }

    private static IReadOnlyList<ServerEffect> Tick(TestServer server, int ms)
    {
        server.Now = Ms(ms);
        return server.Take(Ticked.Instance);
    }

    private static TimeSpan Ms(int ms) => TimeSpan.FromMilliseconds(ms);
}
