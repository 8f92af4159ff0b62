using ActorTrain.Checkpoints;
using ActorTrain.Core.Tests.Support;
using ActorTrain.Server;
using static ActorTrain.Core.Tests.Server.ServerAssert;

namespace ActorTrain.Core.Tests.Server;

/// <summary>How a run ends before its last step.</summary>
public class StopTests
{
    private static readonly TrainingResult Trained = Trainer.Train(Tiny.Recipe, Tiny.Data);

    private static readonly Recipe Asynchronous = Tiny.Recipe with { Strategy = new Asynchronous() };

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

    [Theory]
    [InlineData(true), InlineData(false)]
    public void A_stop_with_nobody_left_leaves_the_epochs_evaluation_to_the_resumed_run(bool isFirst)
    {
        var server = TestServer.With(1, Tiny.Recipe, Tiny.Data);
        while (server.State.Round is not { Kind: WorkKind.Evaluation }) server.AnswerOldest();
        if (isFirst) server.Take(new StopRequested());
        server.Lose(TestServer.Shard(1));
        if (!isFirst) server.Take(new StopRequested());
        Assert.Equal([nameof(SaveCheckpoint), nameof(EndRun)], Kinds(server.Effects.TakeLast(2)));
        Assert.Equal((RunPhase.Stopped, 5L), (server.State.Phase, server.State.StepsDone));
        Assert.Empty(server.State.Training.History);
        var checkpoint = TrainingCheckpoint.Decode(CheckpointFormat.Decode(server.Checkpoints[^1], "stopped"));
        var resumed = TestServer.With(1, Tiny.Recipe, Tiny.Data, checkpoint.State);
        Assert.IsType<EvaluationOrder>(resumed.Orders[0].Order);
        resumed.AnswerUntil<EndRun>();
        AssertTrained(Trained, resumed);
    }

    [Fact]
    public void A_stop_with_nobody_left_in_a_flow_ends_where_its_last_minibatch_was_applied()
    {
        var server = TestServer.With(1, Asynchronous, Tiny.Data);
        server.AnswerUntil<ReportStep>();
        server.AnswerUntil<ReportStep>();
        server.Lose(TestServer.Shard(1));
        Assert.Equal([nameof(SaveCheckpoint), nameof(EndRun)], Kinds(server.Take(new StopRequested())));
        Assert.Equal((RunPhase.Stopped, 2L), (server.State.Phase, server.State.StepsDone));
        var resumed = TestServer.With(1, Asynchronous, Tiny.Data, server.State.Training);
        resumed.AnswerUntil<EndRun>();
        AssertTrained(Trained, resumed);
    }

    [Fact]
    public void A_flow_that_is_left_with_later_minibatches_applied_goes_back_to_the_barrier_before_and_says_so()
    {
        var server = TestServer.With(2, Asynchronous, Tiny.Data);
        while (server.State.Training.Position.Epoch == 0 || server.State.Flow is null) server.AnswerOldest();
        var barrier = server.Checkpoints[^1];
        // The sixth minibatch stays open; the seventh and the eighth are applied.
        for (var i = 0; i < 2; i++) server.Take(server.Compute(server.Orders[^1]));
        server.Take(new StopRequested());
        server.Lose(server.Orders[0].Shard);
        Assert.Equal(RunPhase.Running, server.State.Phase);
        var effects = server.Lose(server.Orders[0].Shard);
        Assert.Equal(
            [nameof(ReportLost), nameof(ReportWentBack), nameof(SaveCheckpoint), nameof(EndRun)], Kinds(effects));
        Assert.Equal(new ReportWentBack(From: 7, To: 5, "nobody is left for what was handed out"), effects[1]);
        Assert.Equal(barrier, server.Checkpoints[^1]);
        Assert.Equal(5, server.State.StepsDone);
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
