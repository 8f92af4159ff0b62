using ActorTrain.Server;

namespace ActorTrain;

/// <summary>The end of a step: answers that cover the minibatch in, the next state out.</summary>
/// <param name="Update">The update of the parameters, still to be done.</param>
/// <param name="Sum">What the step adds to its epoch.</param>
public sealed record StepEnd(ParameterUpdate Update, StepSum Sum)
{
    /// <summary>What follows from a step's answers.</summary>
    /// <param name="plan">The run's plan.</param>
    /// <param name="state">Before the step.</param>
    /// <param name="answers">
    /// Gradients of nodes that together cover one minibatch's tree, in order of their leaves.
    /// </param>
    /// <param name="pool">Where the new vectors are taken from.</param>
    public static StepEnd Of(
        TrainingPlan plan, TrainingState state, ReadOnlySpan<GradientAnswer> answers, VectorPool pool)
    {
        const int few = 64;
        Span<TreeNode> nodes = answers.Length <= few
            ? stackalloc TreeNode[answers.Length]
            : new TreeNode[answers.Length];
        Span<double> losses = answers.Length <= few ? stackalloc double[answers.Length] : new double[answers.Length];
        var gradients = new ReadOnlyMemory<float>[answers.Length];
        var (correct, rows) = (0, 0);
        for (var i = 0; i < answers.Length; i++)
        {
            var sum = answers[i].Sum;
            (nodes[i], gradients[i], losses[i]) = (answers[i].Key.Node, sum.Gradient.Memory, sum.LossSum);
            correct += sum.Correct;
            rows += sum.Rows;
        }
        var treeSum = new TreeSum(plan.TreeOf(plan.PositionOf(answers[0].Key.Step).Step), nodes);
        return new(
            new(plan.UpdateRule, state.Parameters, state.Optimizer, treeSum, gradients, rows, pool),
            new(treeSum.Of(losses), correct, rows));
    }

    /// <summary>The state after the step; its vectors are valid when every run of the update is done.</summary>
    public TrainingState Apply(TrainingPlan plan, TrainingState state) => state with
    {
        Position = plan.Next(state.Position),
        Parameters = Update.Parameters,
        Optimizer = Update.State,
        Totals = state.Totals.Plus(Sum),
    };
}
