using System.Collections.Immutable;

namespace ActorTrain;

/// <summary>A run at a moment, whole: saving it is saving the run. With the recipe, it determines every later bit.</summary>
/// <param name="Position">How far the run is.</param>
/// <param name="Parameters">The model's parameters in layout order.</param>
/// <param name="Optimizer">The optimiser's moments.</param>
/// <param name="Totals">Sums over the current epoch.</param>
/// <param name="History">The epochs that are complete.</param>
public sealed record TrainingState(
    Position Position, FlatVector Parameters, OptimizerState Optimizer, EpochTotals Totals, ImmutableArray<EpochSummary> History)
{
    /// <summary>The state before the first step.</summary>
    public static TrainingState Initial(Recipe recipe)
    {
        var parameters = FlatVector.From(recipe.Model.Initialize(recipe.Seed).Span);
        return new(default, parameters, recipe.Optimizer.Init(parameters.Count), default, []);
    }

    /// <summary>Gives the vectors' memory back: the next state has replaced this one and nobody reads it any more.</summary>
    public void ReturnTo(VectorPool pool)
    {
        pool.Return(Parameters);
        foreach (var moment in Optimizer.Moments) pool.Return(moment);
    }

    /// <summary>The pool forgets the vectors' memory: somebody may still read it, so it is not used again.</summary>
    public void LeaveOutOf(VectorPool pool)
    {
        pool.Abandon(Parameters);
        foreach (var moment in Optimizer.Moments) pool.Abandon(moment);
    }

    /// <summary>Updates made so far.</summary>
    public long Version => Optimizer.Step;
}
