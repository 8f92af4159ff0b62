using System.Collections.Immutable;
using ActorTrain.Schedules;

namespace ActorTrain;

/// <summary>
/// A run at a moment, whole: saving it is saving the run. With the recipe, it determines every later bit.
/// </summary>
/// <param name="Position">
/// How many minibatches are applied. At a barrier (synchronous: after every step; else at the ends of epochs and
/// wherever a checkpoint is written) they are the first ones of the epoch's order, so that a run can go on from there;
/// between barriers it is only their number.
/// </param>
/// <param name="Parameters">The model's parameters in layout order.</param>
/// <param name="Optimizer">The optimiser's moments and, where it is kept, the parameters' average.</param>
/// <param name="Totals">Sums over the current epoch.</param>
/// <param name="History">The epochs that are complete.</param>
public sealed record TrainingState(
    Position Position, FlatVector Parameters, OptimizerState Optimizer, EpochTotals Totals,
    ImmutableArray<EpochSummary> History)
{
    /// <summary>The state before the first step.</summary>
    /// <param name="recipe">The run's recipe.</param>
    /// <param name="parameters">Those that the recipe names, where it does; copied.</param>
    /// <exception cref="ArgumentException">They are not what the recipe names.</exception>
    public static TrainingState Initial(Recipe recipe, FlatVector? parameters = null)
    {
        if (recipe.InitialSha256 is { } named)
        {
            var given = parameters?.Sha256() ?? "none";
            if (given != named)
                throw new ArgumentException(
                    $"The recipe begins with the parameters {named}, but those given are {given}; give them, or "
                    + "another recipe.", nameof(parameters));
            return At(recipe, FlatVector.From(parameters!.Span));
        }
        return parameters is null
            ? Any(recipe)
            : throw new ArgumentException(
                $"Initial parameters are given, but the recipe does not name them; give it InitialSha256 = "
                + $"{parameters.Sha256()}.", nameof(parameters));
    }

    /// <summary>
    /// A state of the recipe's shapes, for rehearsals: before the first step, but for parameters that the recipe only
    /// names.
    /// </summary>
    internal static TrainingState Any(Recipe recipe) =>
        At(recipe, FlatVector.From(recipe.Initialization.Of(recipe.Model, recipe.Seed).Span));

    private static TrainingState At(Recipe recipe, FlatVector parameters) =>
        new(default, parameters, recipe.UpdateRule.Init(parameters.Count), default, [])
        {
            Schedule = recipe.HasSchedule ? TrainingSchedule.Empty : null,
        };

    /// <summary>Who computed what on the way here; none where the recipe alone says every bit.</summary>
    public TrainingSchedule? Schedule { get; init; }

    /// <summary>Empty when a run of this recipe can go on from here; else what is wrong.</summary>
    public IEnumerable<string> Errors(Recipe recipe)
    {
        var count = recipe.Model.Layout.Count;
        if (Parameters.Count != count)
            yield return $"The state has {Parameters.Count} parameters and the recipe's model {count}; begin with "
                + "TrainingState.Initial(recipe).";
        else if (!recipe.UpdateRule.Has(Optimizer, count))
            yield return $"The state is not one of {recipe.Optimizer} for {count} parameters; begin with "
                + "TrainingState.Initial(recipe).";
    }

    /// <summary>The same, with a note in its schedule that a server begins from here.</summary>
    public TrainingState Restarted() =>
        Schedule is { Count: > 0 } ? this with { Schedule = Schedule.With(ServerRestarted.Instance) } : this;

    /// <summary>
    /// Gives the vectors' memory back: the next state has replaced this one and nobody reads it any more.
    /// </summary>
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

    /// <summary>
    /// Updates made so far, which names the parameters. It equals the minibatches applied, except for local steps:
    /// there it grows with each averaging by the steps that a participant made (the most that one did).
    /// </summary>
    public long Version => Optimizer.Step;
}
