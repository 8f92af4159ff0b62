using ActorTrain.Actors;
using ActorTrain.Host.Terminal;
using FsCheck.Xunit;

namespace ActorTrain.Host.Tests.Terminal;

public class ProgressTextTests
{
    private static readonly EpochSummary Epoch = new(
        1, 0.28314, 0.915183, 0.14021, 0.9587, 60000, 60000, "3fa94c21d07e5b6c");

    // 512 of 938 steps in 2 s: the other 426 and four more epochs of 938 take 16.3 s.
    private static readonly StepDone Step = new(
        new Position(0, 512), 938, new EpochTotals(9278, 29989, 32768), new EpochPace(512, 32768, 2));

    [Fact]
    public void An_epoch_line_has_the_form_that_scripts_read() => Assert.Equal(
        "epoch 1/5  loss 0.2831  accuracy 91.52 %  test loss 0.1402  test accuracy 95.87 %  seen 60000/60000  "
        + "weights 3fa94c21d07e  0.31 s  193548 images/s",
        ProgressText.Epoch(Epoch, 5, new EpochPace(938, 60000, 0.31)));

    [Fact]
    public void An_epoch_line_has_no_speed_where_no_time_passed() => Assert.EndsWith(
        "weights 3fa94c21d07e  0.00 s  - images/s", ProgressText.Epoch(Epoch, 5, default), StringComparison.Ordinal);

    [Fact]
    public void An_epoch_line_shows_a_loss_that_is_not_a_number() => Assert.StartsWith(
        "epoch 1/5  loss NaN  accuracy 91.52 %",
        ProgressText.Epoch(Epoch with { TrainLoss = double.NaN }, 5, new EpochPace(938, 60000, 1)),
        StringComparison.Ordinal);

    // Resumed at step 500: this process made 12 steps of 64 examples in 0.1 s, 7680 images/s; 4178 steps are left.
    [Fact]
    public void After_a_resume_speed_and_time_left_are_those_of_this_process_alone() => Assert.EndsWith(
        "accuracy 91.52 %  35 s left  7680 images/s",
        ProgressText.Step(Step with { Pace = new EpochPace(12, 768, 0.1) }, 5, 200),
        StringComparison.Ordinal);

    [Theory]
    [InlineData(200, "epoch 1/5  loss 0.2831  accuracy 91.52 %  16 s left  16384 images/s")]
    [InlineData(67, "epoch 1/5  loss 0.2831  accuracy 91.52 %  16 s left  16384 images/s")]
    [InlineData(66, "epoch 1/5  loss 0.2831  accuracy 91.52 %  16 s left")]
    [InlineData(30, "epoch 1/5  loss 0.2831")]
    [InlineData(0, "epoch 1/5")]
    public void A_step_line_leaves_out_from_the_end_what_does_not_fit(int width, string expected) =>
        Assert.Equal(expected, ProgressText.Step(Step, 5, width));

    [Property]
    public bool A_step_line_fits_wherever_its_first_part_does(byte width) =>
        ProgressText.Step(Step, 5, width).Length <= Math.Max((int)width, "epoch 1/5".Length);

    [Theory]
    [InlineData(0, 1, 1, 1)]
    [InlineData(0, 937, 1, 937)]
    [InlineData(1, 0, 1, 938)]
    [InlineData(1, 1, 2, 1)]
    public void The_position_after_an_epochs_last_step_still_belongs_to_that_epoch(
        int epoch, int step, int epochShown, int stepsDone)
    {
        var done = Step with { Position = new Position(epoch, step) };
        Assert.Equal((epochShown, stepsDone), (ProgressText.EpochOf(done), ProgressText.StepsDone(done)));
    }
}
