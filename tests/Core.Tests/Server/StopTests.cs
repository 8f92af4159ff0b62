using ActorTrain.Core.Tests.Support;
using ActorTrain.Server;
using static ActorTrain.Core.Tests.Server.ServerAssert;

namespace ActorTrain.Core.Tests.Server;

/// <summary>How a run ends before its last step.</summary>
public class StopTests
{
    private static readonly TrainingResult Trained = Trainer.Train(Tiny.Recipe, Tiny.Data);

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
        Assert.Equal(
            [nameof(ReportLost), nameof(SaveCheckpoint), nameof(EndRun)], Kinds(server.Lose(TestServer.Shard(1))));
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
}
