using ActorTrain.Core.Tests.Support;
using ActorTrain.Kernels;
using ActorTrain.Server;

namespace ActorTrain.Core.Tests.Gradients;

public class GradientProgressTests
{
    [Fact]
    public void A_gradient_is_final_from_its_last_layer_on_while_the_pass_goes_on()
    {
        var plan = new TrainingPlan(Tiny.Recipe, Tiny.Data.Description);
        var key = new WorkKey(Incarnation: 1, Version: 0, Step: 0, WorkKind.Gradient, plan.TreeOf(0).Root);
        var order = new GradientOrder(key, TrainingState.Initial(plan.Recipe).Parameters);
        List<(int From, float[] Final)> told = [];
        var answer = (GradientAnswer)new ShardComputation(plan, Tiny.Data, new ManagedMatMul()).Answer(
            order, (gradient, from) => told.Add((from, gradient.Span[from..].ToArray())));
        var model = plan.Recipe.Model;
        var offsets = Enumerable.Range(1, model.Layers.Length - 1).Reverse().Select(i => model.Layout.Child(i).Offset);
        Assert.Equal(offsets, told.Select(t => t.From));
        Assert.All(told, t => Assert.Equal(answer.Sum.Gradient.Span[t.From..].ToArray(), t.Final));
    }
}
