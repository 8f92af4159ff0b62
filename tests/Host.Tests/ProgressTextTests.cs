using ActorTrain.Actors;
using ActorTrain.Host.Terminal;

namespace ActorTrain.Host.Tests;

public class ProgressTextTests
{
    [Fact]
    public void An_epochs_line_has_the_form_that_scripts_read()
    {
        var summary = new EpochSummary(1, 0.28312, 0.91524, 0.14019, 0.95871, 60000, 60000, "3fa94c21d07e55aa");
        Assert.Equal(
            "epoch 1/5  loss 0.2831  accuracy 91.52 %  test loss 0.1402  test accuracy 95.87 %  seen 60000/60000  weights 3fa94c21d07e  0.31 s  193548 images/s",
            ProgressText.Epoch(summary, epochs: 5, seconds: 0.31));
    }

    [Fact]
    public void A_step_tells_loss_accuracy_pace_and_the_time_that_is_left()
    {
        var step = new StepDone(new(1, 469), StepsPerEpoch: 938, new(LossSum: 3001.6, Correct: 29000, Seen: 30016), EpochSeconds: 0.5);
        Assert.Equal("epoch 2/5  loss 0.1000  accuracy 96.62 %  60032 images/s  4 s left", ProgressText.Step(step, epochs: 5));
    }

    [Fact]
    public void The_last_step_of_an_epoch_belongs_to_that_epoch()
    {
        var step = new StepDone(new(2, 0), StepsPerEpoch: 938, default, EpochSeconds: 1);
        Assert.Equal((2, 938), (ProgressText.EpochOf(step), ProgressText.StepsDone(step)));
    }

    [Fact]
    public void Bars_show_the_class_and_every_probability()
    {
        var lines = ProbabilityBars.Lines("seven.png", new float[] { 0.25f, 0.75f }).ToList();
        Assert.Equal(
            [
                "seven.png: 1 (75.0 %)",
                "  0  " + new string('█', 10) + new string(' ', 30) + "  25.0 %",
                "  1  " + new string('█', 30) + new string(' ', 10) + "  75.0 %",
            ],
            lines);
    }
}
