using ActorTrain.Checkpoints;
using ActorTrain.Core.Tests.Files;
using ActorTrain.Core.Tests.Support;
using ActorTrain.Server;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace ActorTrain.Actors.Tests;

public class TrainingRunTests
{
    private static readonly TrainingResult Trained = Trainer.Train(Tiny.Recipe, Tiny.Data);
    private static readonly TrainingJob Job =
        new() { Recipe = Tiny.Recipe, LoadData = _ => Task.FromResult(Tiny.Data), Shards = 2 };

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory, InlineData(1), InlineData(2), InlineData(3), InlineData(4)]
    public async Task A_run_in_a_host_ends_with_the_trainers_bits_on_any_number_of_shards(int shards)
    {
        using var host = HostOf(Job with { Shards = shards });
        await host.StartAsync(Ct);
        var outcome = await Completion(host);
        Assert.Equal(RunPhase.Finished, outcome.Phase);
        Assert.Equal(Trained.State.Parameters.Sha256(), outcome.State.Parameters.Sha256());
        Assert.Equal(Trained.State.History, outcome.State.History);
        Assert.Equal(Trained.Evaluation.LossSum, outcome.Evaluation!.LossSum);
        await host.StopAsync(Ct);
    }

    [Fact]
    public async Task A_host_that_stops_ends_its_run_with_a_checkpoint_to_go_on_from()
    {
        using var folder = new TemporaryFolder();
        var begun = new TaskCompletionSource();
        using var host = HostOf(Job with
        {
            Recipe = Tiny.Recipe with { Epochs = 1_000_000 },
            Checkpoints = new(folder.At("checkpoints"), keep: 2),
            OnEvent = e => _ = e is StepDone && begun.TrySetResult(),
        });
        await host.StartAsync(Ct);
        await begun.Task.WaitAsync(Ct);
        await host.StopAsync(Ct);
        var outcome = await Completion(host);
        Assert.Equal((RunPhase.Stopped, null), (outcome.Phase, outcome.Evaluation));
        var found = new CheckpointFolder(folder.At("checkpoints"), keep: 2).Newest().Found!;
        var saved = TrainingCheckpoint.Decode(found.Contents).State;
        Assert.Equal((outcome.StepsDone, outcome.State.Position), (found.Step, saved.Position));
        Assert.Equal(outcome.State.Parameters.Sha256(), saved.Parameters.Sha256());
    }

    [Theory, InlineData(3, 0), InlineData(10, 2)]
    public async Task A_run_that_diverges_says_so_once_and_goes_on_to_its_end(int steps, int epochs)
    {
        using var folder = new TemporaryFolder();
        var recipe = Tiny.Recipe with { Optimizer = new Sgd(1e20f), MaxSteps = steps };
        var told = new List<TrainingEvent>();
        using var host = HostOf(Job with
        {
            Recipe = recipe,
            Checkpoints = new(folder.At("checkpoints"), keep: 2),
            OnEvent = told.Add,
        });
        await host.StartAsync(Ct);
        var outcome = await Completion(host);
        Assert.Equal(
            (RunPhase.Finished, steps, epochs), (outcome.Phase, outcome.StepsDone, outcome.State.History.Length));
        Assert.Equal(1, Assert.Single(told.OfType<LossNotFinite>()).Epoch);
        var found = new CheckpointFolder(folder.At("checkpoints"), keep: 2).Newest().Found!;
        var saved = TrainingCheckpoint.Decode(found.Contents).State;
        Assert.Equal((outcome.State.Totals, steps), (saved.Totals, found.Step));
        Assert.Equal(outcome.State.History, saved.History);
        await host.StopAsync(Ct);
    }

    [Fact]
    public async Task A_run_whose_last_checkpoint_can_not_be_written_has_failed()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.At("file"), "", Ct);
        using var host = HostOf(Job with { Checkpoints = new(folder.At("file"), keep: 1) });
        await host.StartAsync(Ct);
        var outcome = await Completion(host);
        Assert.Equal(RunPhase.Failed, outcome.Phase);
        Assert.StartsWith("the last checkpoint could not be written: ", outcome.Reason, StringComparison.Ordinal);
        await host.StopAsync(Ct);
    }

    [Fact]
    public void A_job_that_can_not_be_is_refused_with_every_mistake()
    {
        using var host = HostOf(Job with { Shards = 0, Recipe = Tiny.Recipe with { Epochs = 0 } });
        var e = Assert.Throws<ArgumentException>(() => host.Services.GetRequiredService<TrainingRun>());
        Assert.Equal("epochs is 0; give 1 or more. shards is 0; give 1 to 1024. (Parameter 'job')", e.Message);
    }

    [Fact]
    public void A_job_that_goes_on_from_another_recipes_state_is_refused()
    {
        using var host = HostOf(Job with { From = TrainingState.Initial(Tiny.Wide) });
        var e = Assert.Throws<ArgumentException>(() => host.Services.GetRequiredService<TrainingRun>());
        Assert.Equal(
            "The state has 35002 parameters and the recipe's model 23; begin with TrainingState.Initial(recipe). "
            + "(Parameter 'job')", e.Message);
    }

    [Fact]
    public async Task Data_that_can_not_be_loaded_fails_the_run()
    {
        using var host = HostOf(
            Job with { LoadData = _ => throw new DatasetException("mnist", "not there", "it to be there") });
        await host.StartAsync(Ct);
        var e = await Assert.ThrowsAsync<DatasetException>(() => Completion(host));
        Assert.Equal("mnist: not there; expected it to be there.", e.Message);
        await host.StopAsync(Ct);
    }

    private static Task<TrainingOutcome> Completion(IHost host) =>
        host.Services.GetRequiredService<TrainingRun>().Completion.WaitAsync(TimeSpan.FromMinutes(1), Ct);

    private static IHost HostOf(TrainingJob job)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new() { DisableDefaults = true });
        builder.Services.AddActorTrain(job);
        builder.Services.AddLogging();
        return builder.Build();
    }
}
