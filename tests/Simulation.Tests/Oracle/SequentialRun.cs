using ActorTrain.Kernels;

namespace ActorTrain.Simulation.Tests.Oracle;

/// <summary>
/// The oracle of synchronous runs: pure steps one after the other say what every step must be. Answers are pure
/// functions of (step, node), so each is computed once and used in all schedules.
/// </summary>
internal sealed class SequentialRun : RunOracle
{
    private readonly ShardComputation _computation;
    private readonly TrainingState[] _afterStep;
    private readonly TrainingState[] _saved;
    private readonly Evaluation _last;
    private readonly Dictionary<(long Step, TreeNode Node), GradientSum> _gradients = [];
    private readonly Dictionary<(long Version, TreeNode Node), Evaluation> _evaluations = [];

    public SequentialRun(Recipe recipe, Dataset data) : base(new(recipe, data.Description), data)
    {
        _computation = new(Plan, data, new ManagedMatMul());
        _afterStep = new TrainingState[Plan.TotalSteps + 1];
        _saved = new TrainingState[Plan.TotalSteps + 1];
        _afterStep[0] = _saved[0] = Initial;
        for (var step = 0; step < Plan.TotalSteps; step++)
        {
            _afterStep[step + 1] = Next(_saved[step]);
            _saved[step + 1] = _afterStep[step + 1].Position.Step > 0
                ? _afterStep[step + 1]
                : EpochEnd.Apply(Plan, _afterStep[step + 1], Evaluate(_afterStep[step + 1].Parameters));
        }
        _last = Evaluate(_saved[^1].Parameters);
    }

    public override void Begin(ServerState state) => Saved(state.Training);

    public override void CheckTraining(ServerState before, ServerState after)
    {
        var (version, training) = (before.Training.Version, after.Training);
        if (training.Version == version + 1)
        {
            if (!IsAfterStep(training))
                throw new Violation($"after step {training.Version} the run is not the sequential one");
        }
        else if (training.Version != version)
        {
            throw new Violation($"step {training.Version} follows step {version}");
        }
        else if (!IsSaved(training))
        {
            throw new Violation($"after the epoch's end at step {training.Version} the run is not the sequential one");
        }
    }

    // Where nobody is left, a stop does not wait for an epoch's evaluation.
    public override TrainingState Saved(TrainingState state)
    {
        if (IsSaved(state)) return _saved[state.Version];
        return IsAfterStep(state)
            ? _afterStep[state.Version]
            : throw new Violation($"what is saved is not the run after {state.Version} steps");
    }

    public override void CheckEnd(EndRun end)
    {
        Saved(end.Training);
        if (end.Evaluation is { } evaluation && !Same(evaluation, _last))
            throw new Violation("the last evaluation is not the run's");
    }

    public override WorkAnswer Answer(WorkKey key) => key.Kind == WorkKind.Evaluation
        ? new EvaluationAnswer(key, EvaluationOf(key))
        : new GradientAnswer(key, GradientOf(key));

    /// <summary>True when this is the run after so many steps, bit for bit.</summary>
    public bool IsAfterStep(TrainingState state) =>
        state.Version < _afterStep.Length && Same(state, _afterStep[state.Version]);

    /// <summary>True when this is what a checkpoint holds, bit for bit.</summary>
    public bool IsSaved(TrainingState state) => state.Version < _saved.Length && Same(state, _saved[state.Version]);

    protected override TrainingState VersionOf(WorkKey key) => _saved[key.Version];

    private Evaluation EvaluationOf(WorkKey key)
    {
        if (_evaluations.TryGetValue((key.Version, key.Node), out var known)) return known;
        var answer = (EvaluationAnswer)_computation.Answer(new EvaluationOrder(key, _saved[key.Version].Parameters));
        return _evaluations[(key.Version, key.Node)] = answer.Evaluation;
    }

    private GradientSum GradientOf(WorkKey key)
    {
        if (_gradients.TryGetValue((key.Step, key.Node), out var known)) return known;
        var sum = ((GradientAnswer)_computation.Answer(new GradientOrder(key, _saved[key.Step].Parameters))).Sum;
        sum = sum with { Gradient = new(Plan.Recipe.Model.Layout, FlatVector.From(sum.Gradient.Span)) };
        return _gradients[(key.Step, key.Node)] = sum;
    }

    private TrainingState Next(TrainingState state)
    {
        var root = Plan.TreeOf(state.Position.Step).Root;
        var key = new WorkKey(0, state.Version, Plan.StepsDone(state.Position), WorkKind.Gradient, root);
        var answer = (GradientAnswer)_computation.Answer(new GradientOrder(key, state.Parameters));
        var end = StepEnd.Of(Plan, state, [answer], new VectorPool());
        end.Update.Apply();
        return end.Apply(Plan, state);
    }

    private Evaluation Evaluate(FlatVector parameters)
    {
        var key = new WorkKey(0, 0, 0, WorkKind.Evaluation, Plan.EvaluationTree.Root);
        return ((EvaluationAnswer)_computation.Answer(new EvaluationOrder(key, parameters))).Evaluation;
    }
}
