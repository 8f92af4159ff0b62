using ActorTrain.Kernels;
using ActorTrain.Server;

namespace ActorTrain;

/// <summary>
/// Trains in process, on the calling thread: a plain fold of pure steps over positions. It is the meaning of a run:
/// actors on many cores or machines end with the same bits. Of a recipe whose strategy is not synchronous it is the run
/// of a single unit, which has the bits of the synchronous one.
/// </summary>
public static class Trainer
{
    /// <summary>Runs a recipe on a dataset.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="data">The dataset.</param>
    /// <param name="from">Where to go on; none: from the recipe's initial parameters.</param>
    /// <param name="onEpoch">Told each finished epoch; it can't change the run.</param>
    /// <param name="cancellation">Ends the run after the current step.</param>
    /// <returns>The state at the end and the evaluation of its parameters on the test split.</returns>
    /// <exception cref="ArgumentException">The recipe is invalid, or the state to go on from is another
    /// recipe's.</exception>
    /// <exception cref="ShapeMismatchException">The model does not fit the data.</exception>
    /// <exception cref="KernelUnavailableException">The recipe's kernel can't be had here.</exception>
    public static TrainingResult Train(
        Recipe recipe, Dataset data, TrainingState? from = null, Action<EpochSummary>? onEpoch = null,
        CancellationToken cancellation = default)
    {
        var plan = new TrainingPlan(recipe, data.Description);
        if (from?.Errors(recipe).FirstOrDefault() is { } error) throw new ArgumentException(error, nameof(from));
        var computation = new ShardComputation(plan, data, MatMuls.Create(recipe.Kernel));
        var pool = new VectorPool();
        var state = from ?? TrainingState.Initial(recipe);
        while (!plan.IsEnd(state.Position) && !cancellation.IsCancellationRequested)
        {
            var steps = Math.Min(
                plan.StepsPerEpoch - state.Position.Step, plan.TotalSteps - plan.StepsDone(state.Position));
            state = computation.Run(state, (int)steps, pool, cancellation);
            if (state.Position.Step > 0) continue;
            state = EpochEnd.Apply(plan, state, Evaluator.Evaluate(plan, computation, state.Parameters));
            onEpoch?.Invoke(state.History[^1]);
        }
        return new(state, Evaluator.Evaluate(plan, computation, state.Parameters));
    }
}

/// <summary>How a run ended.</summary>
/// <param name="State">The state after the last step.</param>
/// <param name="Evaluation">Of its parameters, on the test split.</param>
public sealed record TrainingResult(TrainingState State, Evaluation Evaluation);
