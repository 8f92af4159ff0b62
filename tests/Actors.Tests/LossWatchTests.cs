namespace ActorTrain.Actors.Tests;

public class LossWatchTests
{
    [Theory, InlineData(double.NaN), InlineData(double.PositiveInfinity), InlineData(double.NegativeInfinity)]
    public void The_first_loss_that_is_not_finite_is_found_and_no_other(double loss)
    {
        var watch = new LossWatch();
        Assert.Null(watch.See(double.MaxValue, new(0, 11), stepsDone: 11));
        Assert.Equal(new LossNotFinite(loss, Step: 12, Epoch: 1), watch.See(loss, new(0, 12), stepsDone: 12));
        Assert.Null(watch.See(double.NaN, new(0, 13), stepsDone: 13));
    }

    [Fact]
    public void A_loss_after_the_last_step_of_an_epoch_is_that_epochs() => Assert.Equal(
        new LossNotFinite(double.NaN, Step: 40, Epoch: 2),
        new LossWatch().See(double.NaN, new(Epoch: 2, Step: 0), stepsDone: 40));
}
