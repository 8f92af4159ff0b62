using ActorTrain.Core.Tests.Support;
using ActorTrain.Kernels;
using ActorTrain.Server;

namespace ActorTrain.Core.Tests.Server;

public class RehearsalTests
{
    [Theory]
    [InlineData("sync", WorkKind.Gradient, WorkKind.Gradient, WorkKind.Gradient)]
    [InlineData("async", WorkKind.Gradient, WorkKind.Gradient, WorkKind.Gradient)]
    [InlineData("local:3", WorkKind.LocalSteps)]
    public void A_node_can_rehearse_whatever_it_will_be_asked_for(string name, params WorkKind[] training)
    {
        Assert.True(Strategy.TryParse(name, out var strategy));
        var plan = new TrainingPlan(Tiny.Recipe with { Strategy = strategy }, Tiny.Data.Description);
        var computation = new ShardComputation(plan, Tiny.Data, new ManagedMatMul());
        var orders = Rehearsal.OrdersOf(plan);
        Assert.Equal([WorkKind.Evaluation, .. training], orders.Select(o => o.Key.Kind));
        Assert.Equal(orders.Select(o => o.Key), orders.Select(o => computation.Answer(o).Key));
    }
}
