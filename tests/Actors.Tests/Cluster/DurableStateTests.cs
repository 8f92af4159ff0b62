using ActorTrain.Checkpoints;
using ActorTrain.Core.Tests.Files;
using ActorTrain.Core.Tests.Support;

namespace ActorTrain.Actors.Tests.Cluster;

/// <summary>What a server goes on from: the run that it has stood by for, or what its folder holds.</summary>
public sealed class DurableStateTests : IDisposable
{
    private static readonly RunOrigin Todays = new(Guid.Parse("00112233-4455-6677-8899-aabbccddeeff"), 7);
    private static readonly RunOrigin Yesterdays = new(Guid.Parse("ffeeddcc-bbaa-9988-7766-554433221100"), 5);
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch.AddMilliseconds(1000);

    private readonly TemporaryFolder _folder = new();

    private TrainingJob Job => new() { Recipe = Tiny.Recipe, Checkpoints = new(_folder.Path, keep: 3) };

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_take_over_goes_on_with_the_run_and_not_with_another_ones_higher_steps()
    {
        Save(Yesterdays, 10);
        Save(Todays, 3);
        var state = Load(Job, new(Todays.Run, HasBegun: true));
        Assert.Equal((new Position(0, 3), Todays.Run), (state.Training.Position, state.Origin.Run));
        Assert.Equal(1000, state.Origin.Incarnation);
        Assert.Empty(state.Notices);
    }

    [Fact]
    public void A_take_over_of_a_run_that_has_not_begun_begins_it_whatever_else_lies_in_the_folder()
    {
        Save(Yesterdays, 10);
        var state = Load(Job, new(Todays.Run, HasBegun: false));
        Assert.Equal((new Position(0, 0), Todays.Run), (state.Training.Position, state.Origin.Run));
    }

    [Fact]
    public void A_take_over_without_a_checkpoint_of_the_run_that_has_begun_is_an_error_in_words()
    {
        Save(Yesterdays, 10);
        var error = Assert.Throws<CheckpointException>(() => Load(Job, new(Todays.Run, HasBegun: true)));
        Assert.Equal(
            $"{_folder.Path}: no checkpoint of the run that this server was to go on with could be kept here.",
            error.Message);
    }

    [Fact]
    public void A_first_server_goes_on_with_the_run_in_its_folder_without_a_word_when_it_is_the_same()
    {
        Save(Todays, 3);
        var state = Load(Job, former: null);
        Assert.Equal((new Position(0, 3), Todays.Run), (state.Training.Position, state.Origin.Run));
        Assert.Empty(state.Notices);
    }

    [Fact]
    public void A_first_server_says_that_its_folder_holds_a_run_of_another_recipe_and_goes_on_with_that()
    {
        var path = Save(Todays, 3);
        var state = Load(Job with { Recipe = Tiny.Recipe with { Seed = 99 } }, former: null);
        Assert.Equal(Tiny.Recipe, state.Recipe);
        Assert.Equal(
            [$"goes on with the run of {path}, whose recipe counts: the one that this node is given is another; for a "
                + "new run, give another folder (--out)"],
            state.Notices);
    }

    [Fact]
    public void A_first_server_says_that_the_run_in_its_folder_is_done()
    {
        var path = Save(Todays, 10);
        Assert.Equal(
            [$"{path} is at the run's end, 10 steps: nothing is left to train; to go on, give more --epochs or "
                + "--max-steps; for a new run, give another folder (--out)"],
            Load(Job, former: null).Notices);
        Assert.Empty(Load(Job with { Recipe = Tiny.Recipe with { Epochs = 3 } }, former: null).Notices);
    }

    [Fact]
    public void A_run_that_is_taken_over_ends_where_its_first_server_was_told()
    {
        Save(Todays, 3, Tiny.Recipe with { Epochs = 20, MaxSteps = 70 });
        var state = Load(Job, new(Todays.Run, HasBegun: true));
        Assert.Equal((20, 70), (state.Recipe.Epochs, state.Recipe.MaxSteps));
    }

    [Fact]
    public void A_run_that_is_started_again_ends_where_the_job_says_if_it_says_so()
    {
        Save(Todays, 3, Tiny.Recipe with { Epochs = 20, MaxSteps = 70 });
        var state = Load(Job, former: null);
        Assert.Equal((2, null), (state.Recipe.Epochs, state.Recipe.MaxSteps));
        state = Load(Job with { KeepsEnd = true }, former: null);
        Assert.Equal((20, 70), (state.Recipe.Epochs, state.Recipe.MaxSteps));
        Assert.Empty(state.Notices);
    }

    [Fact]
    public void A_server_with_other_data_than_the_runs_does_not_go_on_with_it()
    {
        var path = Save(Todays, 3);
        var (state, other) = (Load(Job, new(Todays.Run, HasBegun: true)), Tiny.ManyTests.Description);
        state.CheckData(Tiny.Data.Description);
        Assert.Equal(
            $"{path}: its run trains on 'tiny' ({Tiny.Data.Sha256[..12]}), not on this node's 'tiny' "
                + $"({other.Sha256[..12]}); give the node the same data (--data), or another folder (--out).",
            Assert.Throws<CheckpointException>(() => state.CheckData(other)).Message);
    }

    [Fact]
    public void What_a_job_says_to_go_on_from_counts_for_a_first_server_only()
    {
        Save(Todays, 5);
        var job = Job with { From = StateAfter(3) };
        Assert.Equal(new(0, 3), Load(job, former: null).Training.Position);
        Assert.Equal(new(1, 0), Load(job, new(Todays.Run, HasBegun: true)).Training.Position);
    }

    private static DurableState Load(TrainingJob job, FormerRun? former) => DurableState.Load(job, Now, former);

    private static TrainingState StateAfter(int steps) =>
        Trainer.Train(Tiny.Recipe with { MaxSteps = steps }, Tiny.Data).State;

    private string Save(RunOrigin origin, int steps, Recipe? recipe = null) =>
        new CheckpointFolder(_folder.Path, keep: 3).Save(steps, new TrainingCheckpoint(
            recipe ?? Tiny.Recipe, Tiny.Data.Description, StateAfter(steps), origin).Encode());
}
