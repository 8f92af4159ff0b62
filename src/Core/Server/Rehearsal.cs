using System.Collections.Immutable;

namespace ActorTrain.Server;

/// <summary>
/// What a node computes before it takes part: with its first real work all others would wait until its code is compiled
/// and its memory is there. The answers are nobody's.
/// </summary>
public static class Rehearsal
{
    /// <summary>
    /// An order of each kind that a node of this run will get, gradients of each number of microbatches: kernels
    /// differ by their rows. Of a server before all others.
    /// </summary>
    public static ImmutableArray<WorkOrder> OrdersOf(TrainingPlan plan)
    {
        var state = TrainingState.Any(plan.Recipe);
        var leaf = new TreeNode(Level: 0, Index: 0);
        List<WorkOrder> orders = [new EvaluationOrder(KeyOf(WorkKind.Evaluation, leaf), state.Parameters)];
        if (plan.Recipe.Strategy is LocalSgd)
        {
            orders.Add(new LocalStepsOrder(
                KeyOf(WorkKind.LocalSteps, leaf), FirstStep: 0, Steps: 1, state.Parameters, state.Optimizer));
            return [.. orders];
        }
        for (var level = plan.TreeOf(0).Root.Level; level >= 0; level--)
            orders.Add(new GradientOrder(KeyOf(WorkKind.Gradient, new(level, Index: 0)), state.Parameters));
        return [.. orders];
    }

    private static WorkKey KeyOf(WorkKind kind, TreeNode node) => new(Incarnation: 0, Version: 0, Step: 0, kind, node);
}
