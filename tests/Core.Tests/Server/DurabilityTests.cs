using ActorTrain.Core.Tests.Support;
using ActorTrain.Server;

namespace ActorTrain.Core.Tests.Server;

public class DurabilityTests
{
    private static readonly TrainingResult Trained = Trainer.Train(Tiny.Recipe, Tiny.Data);

    [Theory]
    [InlineData(0, "0 5 10")]
    [InlineData(1, "0 1 2 3 4 5 6 7 8 9 10")]
    [InlineData(3, "0 2 4 5 7 9 10")]
    [InlineData(4, "0 2 4 5 7 9 10")]
    [InlineData(6, "0 3 5 8 10")]
    [InlineData(100, "0 5 10")]
    public void A_checkpoint_is_due_after_half_of_what_may_be_at_risk_and_at_the_end_of_an_epoch(
        int mostStepsAtRisk, string steps)
    {
        var server = With(mostStepsAtRisk);
        var settled = 0;
        while (server.State.IsAlive)
        {
            var saves = Saves(server);
            if (settled < saves.Count) server.Take(new CheckpointSettled(saves[settled++]));
            else server.AnswerOldest();
        }
        Assert.Equal(steps, string.Join(' ', Saves(server)));
        Assert.Equal(Trained.State.Parameters.Sha256(), server.Weights);
    }

    [Theory, InlineData(1), InlineData(2), InlineData(4)]
    public void No_step_begins_while_so_many_steps_are_in_no_checkpoint(int mostStepsAtRisk)
    {
        var server = With(mostStepsAtRisk);
        while (server.Orders.Count > 0) server.AnswerOldest();
        Assert.Equal(mostStepsAtRisk, server.State.StepsDone);
        Assert.Equal((RunPhase.Running, null), (server.State.Phase, server.State.Round));
        Assert.Empty(server.Take(Ticked.Instance));
        Assert.Empty(server.Join(TestServer.Shard(3)));
        Assert.Empty(server.Take(new CheckpointSettled(0)));
        Assert.Equal(3, server.Take(new CheckpointSettled(1)).OfType<SendWork>().Count());
    }

    [Fact]
    public void A_checkpoint_that_is_safe_in_time_stops_nobody()
    {
        var server = With(4);
        server.AnswerUntil<SaveCheckpoint>();
        Assert.Empty(server.Take(new CheckpointSettled(2)));
        while (server.Orders.Count > 0) server.AnswerOldest();
        Assert.Equal(6, server.State.StepsDone);
    }

    [Fact]
    public void News_of_a_checkpoint_that_a_newer_one_has_followed_changes_nothing()
    {
        var server = With(4);
        server.Take(new CheckpointSettled(2));
        var before = server.State;
        Assert.Empty(server.Take(new CheckpointSettled(2)));
        Assert.Empty(server.Take(new CheckpointSettled(1)));
        Assert.Same(before, server.State);
    }

    [Fact]
    public void The_end_of_an_epoch_waits_too()
    {
        var server = With(5);
        while (server.Orders.Count > 0) server.AnswerOldest();
        Assert.Equal((5, null), (server.State.StepsDone, server.State.Round));
        Assert.Single(server.State.Training.History);
        Assert.Equal([0, 3, 5], Saves(server));
        Assert.Equal(2, server.Take(new CheckpointSettled(5)).OfType<SendWork>().Count());
    }

    [Fact]
    public void A_run_that_waits_for_a_checkpoint_stops_at_once()
    {
        var server = With(1);
        while (server.Orders.Count > 0) server.AnswerOldest();
        var effects = server.Take(new StopRequested());
        Assert.Equal(1, Assert.IsType<SaveCheckpoint>(effects[0]).Training.Version);
        Assert.Equal(RunPhase.Stopped, Assert.IsType<EndRun>(effects[1]).Phase);
    }

    [Fact]
    public void A_run_that_goes_on_counts_from_the_checkpoint_that_it_goes_on_from()
    {
        var until = TestServer.With(1, Tiny.Recipe with { MaxSteps = 3 }, Tiny.Data);
        until.AnswerUntil<EndRun>();
        var server = new TestServer(Tiny.Recipe, Tiny.Data, shardsToBegin: 1, until.State.Training, mostStepsAtRisk: 1);
        server.Join(TestServer.Shard(1));
        while (server.Orders.Count > 0) server.AnswerOldest();
        Assert.Equal(4, server.State.StepsDone);
    }

    private static TestServer With(int mostStepsAtRisk)
    {
        var server = new TestServer(Tiny.Recipe, Tiny.Data, shardsToBegin: 2, mostStepsAtRisk: mostStepsAtRisk);
        server.Join(TestServer.Shard(1));
        server.Join(TestServer.Shard(2));
        return server;
    }

    private static List<long> Saves(TestServer server) =>
        [.. server.Effects.OfType<SaveCheckpoint>().Select(e => server.State.Plan.StepsDone(e.Training.Position))];
}
