using ActorTrain.Core.Tests.Support;
using FsCheck.Xunit;

namespace ActorTrain.Core.Tests.Training;

public class TrainingPlanTests
{
    [Fact]
    public void An_epochs_last_minibatch_may_be_short()
    {
        var plan = Plan(Tiny.Recipe with { BatchSize = 16 });
        Assert.Equal((3, 6, 40), (plan.StepsPerEpoch, plan.TotalSteps, plan.SamplesPerEpoch));
        Assert.Equal([16, 16, 8], Enumerable.Range(0, 3).Select(s => plan.TreeOf(s).Rows));
        Assert.Equal([0, 16, 32], Enumerable.Range(0, 3).Select(plan.FirstSampleOf));
        Assert.Equal([0, 16, 32, 40, 56, 72, 80], Enumerable.Range(0, 7).Select(s => plan.SamplesOf(s)));
    }

    [Fact]
    public void A_short_last_minibatch_can_be_left_out()
    {
        var plan = Plan(Tiny.Recipe with { BatchSize = 16, DropLast = true });
        Assert.Equal((2, 4, 32), (plan.StepsPerEpoch, plan.TotalSteps, plan.SamplesPerEpoch));
        Assert.Equal([16, 16], Enumerable.Range(0, 2).Select(s => plan.TreeOf(s).Rows));
        Assert.Equal([0, 16, 32, 48, 64], Enumerable.Range(0, 5).Select(s => plan.SamplesOf(s)));
    }

    [Fact]
    public void A_minibatch_larger_than_the_data_is_all_the_data()
    {
        var plan = Plan(Tiny.Recipe with { BatchSize = 64 });
        Assert.Equal((1, 40), (plan.StepsPerEpoch, plan.TreeOf(0).Rows));
        Assert.Equal([0, 40, 80], Enumerable.Range(0, 3).Select(s => plan.SamplesOf(s)));
    }

    [Fact]
    public void Steps_lead_from_epoch_to_epoch()
    {
        var plan = Plan(Tiny.Recipe);
        Assert.Equal(new Position(0, 4), plan.Next(new(0, 3)));
        Assert.Equal(new Position(1, 0), plan.Next(new(0, 4)));
        Assert.Equal(7, plan.StepsDone(new(1, 2)));
        Assert.False(plan.IsEnd(new(1, 4)));
        Assert.True(plan.IsEnd(new(2, 0)));
        Assert.True(Plan(Tiny.Recipe with { MaxSteps = 7 }).IsEnd(new(1, 2)));
        Assert.Equal(10, Plan(Tiny.Recipe with { MaxSteps = 700 }).TotalSteps);
    }

    [Property]
    public bool Every_sample_is_met_exactly_once_in_an_epoch(byte batchSeed, byte leafSeed, byte epoch, ulong seed)
    {
        var plan = Plan(
            Tiny.Recipe with { BatchSize = 1 + (batchSeed % 50), Microbatches = 1 + (leafSeed % 9), Seed = seed });
        var order = Shuffle.Order(40, seed, epoch);
        var met = new int[40];
        for (var step = 0; step < plan.StepsPerEpoch; step++)
        {
            var tree = plan.TreeOf(step);
            foreach (var node in tree.Divide(tree.Root, tree.Leaves))
            {
                var (start, count) = tree.RowsOf(node);
                for (var i = 0; i < count; i++) met[order[plan.FirstSampleOf(step) + start + i]]++;
            }
        }
        return met.All(m => m == 1) && plan.SamplesOf(plan.StepsPerEpoch) == 40;
    }

    [Fact]
    public void Dropping_the_only_minibatch_is_refused() => Assert.Equal(
        "batch-size is 64 with drop-last, but there are only 40 examples; give at most 40. (Parameter 'recipe')",
        Assert.Throws<ArgumentException>(() => Plan(Tiny.Recipe with { BatchSize = 64, DropLast = true })).Message);

    [Fact]
    public void A_recipe_is_refused_with_all_its_mistakes() => Assert.Equal(
        "batch-size is 0; give 1 or more. epochs is -1; give 1 or more. (Parameter 'recipe')",
        Assert.Throws<ArgumentException>(() => Plan(Tiny.Recipe with { BatchSize = 0, Epochs = -1 })).Message);

    private static TrainingPlan Plan(Recipe recipe) => new(recipe, Tiny.Data.Description);
}
