using ActorTrain.Checkpoints;
using ActorTrain.Core.Tests.Support;

namespace ActorTrain.Core.Tests.Training;

public class TrainerTests
{
    private static readonly TrainingResult Whole = Trainer.Train(Tiny.Recipe, Tiny.Data);

    [Theory, InlineData(1), InlineData(2), InlineData(3), InlineData(4), InlineData(5), InlineData(6), InlineData(7)]
    [InlineData(8), InlineData(9)]
    public void A_run_that_is_saved_and_loaded_after_any_step_ends_with_the_same_bits(int steps)
    {
        var part = Train(Tiny.Recipe with { MaxSteps = steps }, Tiny.Data).State;
        var file = new TrainingCheckpoint(Tiny.Recipe, Tiny.Data.Description, part).Encode();
        var loaded = TrainingCheckpoint.Decode(CheckpointFormat.Decode(file, "file"));
        Assert.Equal(Tiny.Recipe, loaded.Recipe);
        Assert.Equal(Tiny.Data.Description, loaded.Data);
        Assert.Equal(file, loaded.Encode());
        var rest = Train(loaded.Recipe, Tiny.Data, loaded.State);
        Assert.Equal(Whole.State.Parameters.Sha256(), rest.State.Parameters.Sha256());
        Assert.Equal(Whole.State.Optimizer.Moments[0].Sha256(), rest.State.Optimizer.Moments[0].Sha256());
        Assert.Equal(Whole.State.History, rest.State.History);
        Assert.Equal(Whole.Evaluation.LossSum, rest.Evaluation.LossSum);
    }

    // Also a NaN's sign and payload.
    [Theory, InlineData(0x7ff0000000000000), InlineData(0xfff0000000000000), InlineData(0xfff8000000000000)]
    [InlineData(0x7ff8000000000123), InlineData(0x8000000000000000), InlineData(0x0000000000000001)]
    public void A_checkpoint_keeps_the_bits_of_a_loss_that_may_not_be_finite(ulong bits)
    {
        var loss = BitConverter.UInt64BitsToDouble(bits);
        var state = Whole.State with
        {
            Totals = new(loss, 3, 8),
            History = [Whole.State.History[0] with { TrainLoss = loss, TestLoss = loss }],
        };
        var file = new TrainingCheckpoint(Tiny.Recipe, Tiny.Data.Description, state).Encode();
        var loaded = TrainingCheckpoint.Decode(CheckpointFormat.Decode(file, "file"));
        double[] losses =
            [loaded.State.Totals.LossSum, loaded.State.History[0].TrainLoss, loaded.State.History[0].TestLoss];
        Assert.All(losses, read => Assert.Equal(bits, BitConverter.DoubleToUInt64Bits(read)));
        Assert.Equal(file, loaded.Encode());
    }

    [Fact]
    public void A_run_that_diverges_goes_on_and_is_resumed_with_the_same_bits()
    {
        var recipe = Tiny.Recipe with { Optimizer = new Sgd(1e20f) };
        var whole = Train(recipe, Tiny.Data).State;
        Assert.Equal([1, 2], whole.History.Select(e => e.Epoch));
        Assert.True(double.IsNaN(whole.History[1].TrainLoss));
        var part = Train(recipe with { MaxSteps = 7 }, Tiny.Data).State;
        var file = new TrainingCheckpoint(recipe, Tiny.Data.Description, part).Encode();
        var rest = Train(
            recipe, Tiny.Data, TrainingCheckpoint.Decode(CheckpointFormat.Decode(file, "file")).State).State;
        Assert.Equal(whole.Parameters.Sha256(), rest.Parameters.Sha256());
        Assert.Equal(whole.History, rest.History);
    }

    [Theory, InlineData("\"loss\""), InlineData("null"), InlineData("{}"), InlineData("true")]
    public void A_checkpoint_whose_loss_is_no_number_is_refused(string instead)
    {
        var state = Whole.State with { Totals = new(double.NaN, 3, 8) };
        var contents = CheckpointFormat.Decode(
            new TrainingCheckpoint(Tiny.Recipe, Tiny.Data.Description, state).Encode(), "file");
        var header = contents.Header.Replace("\"fff8000000000000\"", instead, StringComparison.Ordinal);
        var e = Assert.Throws<RecipeException>(
            () => TrainingCheckpoint.Decode(new CheckpointContents(header, contents.Vectors)));
        Assert.Equal(
            $"checkpoint.totals.lossSum is {(instead == "null" ? "missing" : instead)}; give a number.", e.Message);
    }

    [Fact]
    public void A_state_of_another_recipe_is_refused()
    {
        var adam = Tiny.Recipe with { Optimizer = new Adam(0.1f) };
        var wide = Tiny.Recipe with { Model = Sequential.Mlp(4, 4, 2) };
        var averaging = Tiny.Recipe with { Averaging = new WeightAveraging(0.9f) };
        var another = "; begin with TrainingState.Initial(recipe). (Parameter 'from')";
        Assert.Equal(
            $"The state has 30 parameters and the recipe's model 23{another}",
            MessageOf(Tiny.Recipe, TrainingState.Initial(wide)));
        Assert.Equal(
            $"The state is not one of {adam.Optimizer} for 23 parameters{another}",
            MessageOf(adam, TrainingState.Initial(Tiny.Recipe)));
        Assert.Equal(
            $"The state is not one of {Tiny.Recipe.Optimizer} for 23 parameters{another}",
            MessageOf(Tiny.Recipe, TrainingState.Initial(adam)));
        Assert.Equal(
            $"The state is not one of {averaging.Optimizer} for 23 parameters{another}",
            MessageOf(averaging, TrainingState.Initial(Tiny.Recipe)));
        Assert.Empty(TrainingState.Initial(averaging).Errors(averaging));

        static string MessageOf(Recipe recipe, TrainingState from) =>
            Assert.Throws<ArgumentException>(() => Train(recipe, Tiny.Data, from)).Message;
    }

    [Fact]
    public void It_learns()
    {
        Assert.Equal([1, 2], Whole.State.History.Select(e => e.Epoch));
        Assert.True(Whole.State.History[1].TrainLoss < Whole.State.History[0].TrainLoss);
        Assert.Equal(12, Whole.Evaluation.Samples);
        Assert.InRange(Train(Tiny.Recipe with { Epochs = 20 }, Tiny.Data).Evaluation.Accuracy, 0.9, 1);
    }

    [Fact]
    public void Each_finished_epoch_is_told_and_has_seen_what_it_expected()
    {
        var told = new List<EpochSummary>();
        var state = Train(Tiny.Recipe, Tiny.Data, onEpoch: told.Add).State;
        Assert.Equal(state.History, told);
        Assert.All(told, e => Assert.Equal((40, 40), (e.SamplesSeen, e.SamplesExpected)));
        Assert.Equal(state.Parameters.Sha256(), told[1].WeightsSha256);
    }

    [Theory, InlineData(false, 40, 6), InlineData(true, 32, 4)]
    public void A_short_last_minibatch_is_trained_on_unless_it_is_dropped(bool dropLast, int samples, int updates)
    {
        var state = Train(Tiny.Recipe with { BatchSize = 16, DropLast = dropLast }, Tiny.Data).State;
        Assert.All(state.History, e => Assert.Equal((samples, samples), (e.SamplesSeen, e.SamplesExpected)));
        Assert.Equal(updates, state.Version);
    }

    [Fact]
    public void A_run_ends_after_its_steps_in_the_middle_of_an_epoch()
    {
        var state = Train(Tiny.Recipe with { MaxSteps = 7 }, Tiny.Data).State;
        Assert.Equal((new Position(1, 2), 7, 16), (state.Position, state.Version, state.Totals.Seen));
        Assert.Single(state.History);
    }

    [Fact]
    public void A_run_that_is_cancelled_ends_after_its_step_and_can_go_on()
    {
        using var cancellation = new CancellationTokenSource();
        var part = Trainer.Train(
            Tiny.Recipe, Tiny.Data, onEpoch: _ => cancellation.Cancel(), cancellation: cancellation.Token);
        Assert.Equal(new Position(1, 0), part.State.Position);
        Assert.Equal(
            Whole.State.Parameters.Sha256(),
            Train(Tiny.Recipe, Tiny.Data, part.State).State.Parameters.Sha256());
    }

    [Fact]
    public void A_checkpoint_without_its_recipes_vectors_is_refused()
    {
        var state = Whole.State with { Optimizer = Whole.State.Optimizer with { Moments = [FlatVector.Zeros(3)] } };
        var file = new TrainingCheckpoint(Tiny.Recipe, Tiny.Data.Description, state).Encode();
        var e = Assert.Throws<RecipeException>(() => TrainingCheckpoint.Decode(CheckpointFormat.Decode(file, "file")));
        Assert.Equal("checkpoint: the vectors have 23, 3 floats; its recipe needs 2 of 23.", e.Message);
    }

    private static TrainingResult Train(
        Recipe recipe, Dataset data, TrainingState? from = null, Action<EpochSummary>? onEpoch = null) =>
        Trainer.Train(recipe, data, from, onEpoch, TestContext.Current.CancellationToken);
}
