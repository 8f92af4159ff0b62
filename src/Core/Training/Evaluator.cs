using ActorTrain.Kernels;
using ActorTrain.Server;

namespace ActorTrain;

/// <summary>Evaluates parameters on a dataset's test split, on the calling thread.</summary>
public static class Evaluator
{
    /// <summary>Loss and predictions; the same bits as after training.</summary>
    /// <param name="recipe">Names model, loss and kernel.</param>
    /// <param name="parameters">The model's parameters.</param>
    /// <param name="data">The dataset.</param>
    /// <exception cref="ShapeMismatchException">The model does not fit the data.</exception>
    /// <exception cref="KernelUnavailableException">The recipe's kernel can't be had here.</exception>
    public static Evaluation Evaluate(Recipe recipe, FlatVector parameters, Dataset data)
    {
        var (plan, computation) = ComputationOf(recipe, data);
        return Evaluate(plan, computation, parameters);
    }

    /// <summary>All metrics of the same predictions; loss and accuracy have the bits of <see cref="Evaluate(Recipe,
    /// FlatVector, Dataset)"/>.</summary>
    /// <inheritdoc cref="Evaluate(Recipe, FlatVector, Dataset)"/>
    public static Metrics Measure(Recipe recipe, FlatVector parameters, Dataset data) =>
        ComputationOf(recipe, data).Computation.Measure(parameters);

    /// <summary>Probabilities of each class for images, [N, classes].</summary>
    /// <param name="recipe">Names model and kernel.</param>
    /// <param name="parameters">The model's parameters.</param>
    /// <param name="images">[N, features], normalised as in training.</param>
    public static Tensor Probabilities(Recipe recipe, FlatVector parameters, Tensor images)
    {
        var context = new LayerContext(MatMuls.Create(recipe.Kernel), new[] { images.Shape[0] });
        var output = recipe.Model.Evaluate(new(recipe.Model.Layout, parameters), images, context);
        var probabilities = new float[output.Shape.Count];
        if (recipe.Model[^1] is LogSoftmax) output.Span.CopyTo(probabilities);
        else LogSoftmax.Rows(output.Span, probabilities, output.Shape[1]);
        ElementwiseMath.Exp(probabilities, probabilities);
        return Tensor.Own(probabilities, output.Shape);
    }

    private static (TrainingPlan Plan, ShardComputation Computation) ComputationOf(Recipe recipe, Dataset data)
    {
        // Nothing is trained: data whose training examples do not divide as training wants it may be evaluated too.
        recipe = recipe with { BatchSize = data.Train.Count, Microbatches = 1, DropLast = false };
        var plan = new TrainingPlan(recipe, data.Description);
        return (plan, new(plan, data, MatMuls.Create(recipe.Kernel)));
    }

    internal static Evaluation Evaluate(TrainingPlan plan, ShardComputation computation, FlatVector parameters)
    {
        var key = new WorkKey(Incarnation: 0, Version: -1, Step: -1, WorkKind.Evaluation, plan.EvaluationTree.Root);
        return ((EvaluationAnswer)computation.Answer(new EvaluationOrder(key, parameters))).Evaluation;
    }
}
