using ActorTrain.Server;

namespace ActorTrain;

/// <summary>The pure end of a step: answers that cover the minibatch in, the next state out.</summary>
public static class StepEnd
{
    /// <summary>The state after the step at <paramref name="state"/>'s position.</summary>
    /// <param name="plan">The run's plan.</param>
    /// <param name="state">Before the step.</param>
    /// <param name="answers">Gradients of nodes that together cover the step's tree, in order of their leaves.</param>
    /// <param name="pool">Where the new vectors are taken from.</param>
    public static TrainingState Apply(TrainingPlan plan, TrainingState state, ReadOnlySpan<GradientAnswer> answers, VectorPool pool)
    {
        var nodes = new TreeNode[answers.Length];
        var gradients = new ReadOnlyMemory<float>[answers.Length];
        var losses = new double[answers.Length];
        var (correct, rows) = (0, 0);
        for (var i = 0; i < answers.Length; i++)
        {
            var sum = answers[i].Sum;
            (nodes[i], gradients[i], losses[i]) = (answers[i].Key.Node, sum.Gradient.Memory, sum.LossSum);
            correct += sum.Correct;
            rows += sum.Rows;
        }
        var treeSum = new TreeSum(plan.TreeOf(state.Position.Step), nodes);
        var (parameters, optimizer) = ParameterUpdate.Apply(
            plan.Recipe.Optimizer, state.Parameters, state.Optimizer, treeSum, gradients, rows, pool);
        return state with
        {
            Position = plan.Next(state.Position),
            Parameters = parameters,
            Optimizer = optimizer,
            Totals = state.Totals.Plus(new(treeSum.Of(losses), correct, rows)),
        };
    }
}

/// <summary>The pure end of an epoch.</summary>
public static class EpochEnd
{
    /// <summary>The state that begins the next epoch, with this one in its history.</summary>
    public static TrainingState Apply(TrainingPlan plan, TrainingState state, Evaluation evaluation) => state with
    {
        Totals = default,
        History = state.History.Add(new(
            state.Position.Epoch, state.Totals.Loss, state.Totals.Accuracy, evaluation.Loss, evaluation.Accuracy,
            state.Totals.Seen, plan.SamplesPerEpoch, state.Parameters.Sha256())),
    };
}
