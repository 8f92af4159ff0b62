using ActorTrain.Core.Tests.Support;
using FsCheck.Xunit;

namespace ActorTrain.Core.Tests.Optimizers.LearningRates;

public class LearningRateScheduleTests
{
    // As the reference's "attrs" say.
    private static readonly Dictionary<string, LearningRateSchedule> Schedules = new()
    {
        ["step"] = new StepLR(4, 0.5),
        ["exponential"] = new ExponentialLR(0.9),
        ["cosine"] = new CosineAnnealingLR(15, 0.001),
        ["multistep"] = new MultiStepLR([3, 8]),
        ["onecycle"] = new OneCycleLR(0.4, 20),
    };

    public static TheoryData<string> Names => [.. Schedules.Keys];

    [Theory, MemberData(nameof(Names))]
    public void The_rate_of_every_step_agrees_with_PyTorch(string name)
    {
        var rates = TorchReference.Schedule(name).Numbers("lr_per_step");
        for (var step = 0; step < rates.Length; step++)
            Assert.Equal(rates[step], Schedules[name].RateAt(0.1, step), 1e-12);
    }

    [Fact]
    public void Every_schedule_of_the_reference_is_compared() =>
        Assert.Equal(TorchReference.Names("schedulers"), Schedules.Keys);

    [Fact]
    public void A_warm_up_grows_evenly_and_then_begins_the_other_schedule_at_its_step_0()
    {
        var schedule = new WarmUp(4, 0.2, new StepLR(2, 0.5));
        Assert.Equal(
            [0.2f, 0.4f, 0.6f, 0.8f, 1, 1, 0.5f, 0.5f, 0.25f],
            Enumerable.Range(0, 9).Select(step => (float)schedule.RateAt(1, step)));
        Assert.Equal(3, new WarmUp(1).RateAt(3, 1));
    }

    [Fact]
    public void One_cycle_stays_where_it_ended()
    {
        var schedule = new OneCycleLR(1, TotalSteps: 10);
        Assert.Equal([4e-6, 4e-6], [schedule.RateAt(0.1, 9), schedule.RateAt(0.1, 1000)]);
        Assert.Equal(4e-6, new OneCycleLR(1, TotalSteps: 1).RateAt(0.1, 0));
    }

    // As PyTorch, which rises from max/25 where there is room for a step of the rise, and falls from max where there is
    // none. Where the rise has just no length, PyTorch divides by 0.
    [Theory]
    [InlineData(0.05, 0.09931806789787544)]
    [InlineData(0.0999, 0.09999999695451484)]
    [InlineData(0.1, 0.1)]
    [InlineData(0.1001, 0.004)]
    [InlineData(0.2, 0.004)]
    public void One_cycle_begins_at_the_top_where_the_rise_has_no_steps(double pctStart, double expected) =>
        Assert.Equal(expected, new OneCycleLR(0.1, 10, pctStart).RateAt(0.1, 0), tolerance: 1e-12);

    [Theory, InlineData(1, 0.5), InlineData(10, 0.1), InlineData(100, 0.01), InlineData(4, 0.25)]
    public void One_cycle_has_a_rate_at_every_step(long steps, double pctStart)
    {
        var schedule = new OneCycleLR(0.1, steps, pctStart);
        for (var step = 0L; step < steps + 2; step++) Assert.InRange(schedule.RateAt(0.1, step), 3.9e-7, 0.1 + 1e-12);
    }

    [Property]
    public bool Half_a_cosine_is_that_of_the_platform_to_the_last_bits(ushort step, ushort steps)
    {
        var angle = Math.PI * step / (1 + steps);
        var expected = (1 + Math.Cos(angle)) / 2;
        return Math.Abs(new CosineAnnealingLR(1 + steps).RateAt(1, step) - expected) < 1e-13 * (1 + angle);
    }

    [Fact]
    public void What_a_schedule_can_not_work_with_is_refused()
    {
        Assert.StartsWith("StepLR: StepSize is 0; give a whole number from 1.", MessageOf(() => new StepLR(0)));
        Assert.StartsWith("StepLR: Gamma is 0; give a number above 0.", MessageOf(() => new StepLR(1, 0)));
        Assert.StartsWith(
            "MultiStepLR: Milestones are 3, 3; give growing whole numbers from 1.",
            MessageOf(() => new MultiStepLR([3, 3])));
        Assert.StartsWith("MultiStepLR: Milestones are 0, 3; give growing", MessageOf(() => new MultiStepLR([0, 3])));
        Assert.StartsWith("MultiStepLR: Milestones are ; give growing", MessageOf(() => new MultiStepLR([])));
        Assert.StartsWith("MultiStepLR: Milestones are ; give growing", MessageOf(() => new MultiStepLR(default)));
        Assert.StartsWith(
            "CosineAnnealingLR: EtaMin is -1; give a number from 0.", MessageOf(() => new CosineAnnealingLR(1, -1)));
        Assert.StartsWith(
            "OneCycleLR: PctStart is 1; give a number above 0, below 1.", MessageOf(() => new OneCycleLR(1, 1, 1)));

        static string MessageOf(Func<LearningRateSchedule> make) => Assert.ThrowsAny<ArgumentException>(make).Message;
    }
}
