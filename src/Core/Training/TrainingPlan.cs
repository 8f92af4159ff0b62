namespace ActorTrain;

/// <summary>
/// A recipe on a dataset of known size: which rows each step takes and how they divide. Pure arithmetic.
/// </summary>
public sealed class TrainingPlan
{
    /// <summary>
    /// Rows of one leaf of the evaluation tree: fixed, so that sums over the test split have fixed bits.
    /// </summary>
    public const int EvaluationRows = 250;

    private readonly MicrobatchTree _full;
    private readonly MicrobatchTree _last;

    /// <summary>The plan of a recipe on data.</summary>
    /// <exception cref="ArgumentException">The recipe is invalid, or leaves an epoch without a step.</exception>
    /// <exception cref="ShapeMismatchException">The model does not take the data's examples, or has not one output for
    /// each class.</exception>
    /// <exception cref="RecipeException">A microbatch has fewer rows than the model can train on.</exception>
    public TrainingPlan(Recipe recipe, DataDescription data)
    {
        var errors = recipe.Errors().ToList();
        if (errors.Count > 0) throw new ArgumentException(string.Join(" ", errors), nameof(recipe));
        recipe.CheckFits(data);
        (Recipe, UpdateRule, Data) = (recipe, recipe.UpdateRule, data);
        var (trainCount, testCount) = (data.TrainCount, data.TestCount);
        var remainder = trainCount % recipe.BatchSize;
        StepsPerEpoch = (trainCount / recipe.BatchSize) + (remainder > 0 && !recipe.DropLast ? 1 : 0);
        if (Refusal(recipe, data) is { } refusal) throw new ArgumentException(refusal, nameof(recipe));
        _full = new(Math.Min(recipe.BatchSize, trainCount), recipe.Microbatches);
        // Rather fewer microbatches in a short minibatch than some too small for the model.
        var most = Math.Clamp(remainder / recipe.Model.FewestRows([data.Features]), 1, recipe.Microbatches);
        _last = remainder > 0 && !recipe.DropLast ? new(remainder, most) : _full;
        EvaluationTree = new(testCount, (testCount + EvaluationRows - 1) / EvaluationRows);
        TotalSteps = Math.Min((long)recipe.Epochs * StepsPerEpoch, recipe.MaxSteps ?? long.MaxValue);
    }

    /// <summary>Why a recipe can't be planned on data of this size; nothing: it can.</summary>
    public static string? Refusal(Recipe recipe, DataDescription data) =>
        recipe.DropLast && recipe.BatchSize > data.TrainCount
            ? $"batch-size is {recipe.BatchSize} with drop-last, but there are only {data.TrainCount} examples; give "
                + $"at most {data.TrainCount}."
            : null;

    /// <summary>The recipe.</summary>
    public Recipe Recipe { get; }

    /// <summary>What the recipe says about updates.</summary>
    public UpdateRule UpdateRule { get; }

    /// <summary>What it is trained on.</summary>
    public DataDescription Data { get; }

    /// <summary>Steps of one epoch.</summary>
    public int StepsPerEpoch { get; }

    /// <summary>Steps of the whole run.</summary>
    public long TotalSteps { get; }

    /// <summary>Training examples that one epoch counts.</summary>
    public int SamplesPerEpoch => Recipe.DropLast ? StepsPerEpoch * Recipe.BatchSize : Data.TrainCount;

    /// <summary>How the test split divides.</summary>
    public MicrobatchTree EvaluationTree { get; }

    /// <summary>The minibatch of a step of any epoch: how its rows divide.</summary>
    public MicrobatchTree TreeOf(int step) => step == StepsPerEpoch - 1 ? _last : _full;

    /// <summary>Where the minibatch of a step begins in the epoch's order.</summary>
    public int FirstSampleOf(int step) => step * Recipe.BatchSize;

    /// <summary>The position one step on.</summary>
    public Position Next(Position position) => position.Step + 1 == StepsPerEpoch
        ? new(position.Epoch + 1, 0)
        : position with { Step = position.Step + 1 };

    /// <summary>The position before a step of the run.</summary>
    /// <param name="step">From 0 on.</param>
    public Position PositionOf(long step) => new((int)(step / StepsPerEpoch), (int)(step % StepsPerEpoch));

    /// <summary>Steps done at a position.</summary>
    public long StepsDone(Position position) => ((long)position.Epoch * StepsPerEpoch) + position.Step;

    /// <summary>Training examples that the first <paramref name="steps"/> steps of a run take.</summary>
    public long SamplesOf(long steps) =>
        (steps / StepsPerEpoch * SamplesPerEpoch) + Math.Min(steps % StepsPerEpoch * Recipe.BatchSize, SamplesPerEpoch);

    /// <summary>True when the run ends at this position.</summary>
    public bool IsEnd(Position position) => StepsDone(position) >= TotalSteps;
}
