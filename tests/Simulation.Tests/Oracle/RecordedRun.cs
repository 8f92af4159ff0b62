using ActorTrain.Schedules;

namespace ActorTrain.Simulation.Tests.Oracle;

/// <summary>
/// The oracle of a run whose bits depend on who computed what: its own record must say so. Whatever a server ends with,
/// the replayer must compute from the recorded schedule alone, and in that each sample counts once an epoch.
/// </summary>
/// <param name="plan">The run's plan.</param>
/// <param name="data">Its data.</param>
/// <param name="computation">Answers are computed with; what it keeps changes none of them.</param>
/// <param name="twin">The synchronous run, where this one must be the same bit for bit; else none.</param>
internal sealed class RecordedRun(TrainingPlan plan, Dataset data, ShardComputation computation, SequentialRun? twin)
    : RunOracle(plan, data)
{
    private readonly Dictionary<(long Incarnation, long Version), TrainingState> _versions = [];
    private readonly Dictionary<WorkKey, WorkAnswer> _answers = [];

    public override void Begin(ServerState state) => Remember(state);

    public override void CheckTraining(ServerState before, ServerState after)
    {
        if (after.Training.Version > before.Training.Version) Remember(after);
        else if (after.Training.Version < before.Training.Version && after.Training == before.Flow?.Start)
            CheckKept(after);
        else if (after.Training.Version < before.Training.Version
            || after.Training.Parameters != before.Training.Parameters)
            throw new Violation($"version {after.Training.Version} follows version {before.Training.Version}");
        if (twin is null) return;
        if (!(after.Training.Version > before.Training.Version
            ? twin.IsAfterStep(after.Training)
            : twin.IsSaved(after.Training)))
            throw new Violation($"after step {after.Training.Version} the run is not the synchronous one");
    }

    public override TrainingState Saved(TrainingState state) => Copy(state);

    public override void CheckEnd(EndRun end)
    {
        var training = end.Training;
        CheckCounts(training);
        var replayed = Replayed(training.Schedule!);
        var expected = replayed.State;
        // Nobody was left to evaluate the last epoch, which the replay does.
        if (training is { Position.Step: 0, Totals.Seen: > 0 })
            expected = expected with { Totals = training.Totals, History = expected.History[..^1] };
        if (!Same(expected, training))
            throw new Violation(
                $"the schedule's replay ends with {expected.Position} and " +
                $"{expected.Parameters.Sha256()[..8]}, " +
                $"the run with {training.Position} and {training.Parameters.Sha256()[..8]}");
        if (end.Evaluation is { } evaluation && !Same(replayed.Evaluation, evaluation))
            throw new Violation("the last evaluation is not that of the replay");
    }

    public override WorkAnswer Answer(WorkKey key)
    {
        if (_answers.TryGetValue(key, out var known)) return known;
        WorkOrder order = key.Kind switch
        {
            WorkKind.Gradient => new GradientOrder(key, VersionOf(key).Parameters),
            WorkKind.Evaluation => new EvaluationOrder(key, VersionOf(key).Parameters),
            _ => LocalOrders.GetValueOrDefault(key) ?? throw new Violation($"{key} was never handed out"),
        };
        return _answers[key] = Copy(computation.Answer(order));
    }

    protected override TrainingState VersionOf(WorkKey key) => _versions[(key.Incarnation, key.Version)];

    private TrainingResult Replayed(TrainingSchedule schedule)
    {
        try
        {
            return ScheduleReplayer.Replay(Plan.Recipe, Data, schedule);
        }
        catch (ScheduleException e)
        {
            throw new Violation(e.Message);
        }
    }

    // Epochs are evaluated after their last update.
    private void CheckKept(ServerState state)
    {
        var kept = _versions[(state.Incarnation, state.Training.Version)];
        if (!Same(kept with { Totals = default, History = [] }, state.Training with { Totals = default, History = [] }))
            throw new Violation($"version {state.Training.Version} was not kept as it was");
    }

    private void Remember(ServerState state) =>
        _versions[(state.Incarnation, state.Training.Version)] = Copy(state.Training);

    // Each row of each minibatch that the run is past, and no other, is in one contribution.
    private void CheckCounts(TrainingState training)
    {
        var counted = new int[Plan.TotalSteps];
        foreach (var entry in training.Schedule!.Entries.OfType<ScheduledUpdate>())
            foreach (var part in entry.Contributions)
                for (var step = part.FirstStep; step < part.FirstStep + part.Steps; step++)
                    counted[step] += RowsOf(part, TreeOf(step));
        for (var step = 0; step < counted.Length; step++)
        {
            var rows = step < Plan.StepsDone(training.Position) ? TreeOf(step).Rows : 0;
            if (counted[step] != rows)
                throw new Violation($"{counted[step]} samples of minibatch {step} are counted, {rows} are right");
        }
    }

    private int RowsOf(Contribution part, MicrobatchTree tree) =>
        Plan.Recipe.Strategy is LocalSgd ? tree.Rows : tree.RowsOf(part.Node).Count;

    private static TrainingState Copy(TrainingState state) =>
        state with { Parameters = Copy(state.Parameters), Optimizer = Copy(state.Optimizer) };

    private static OptimizerState Copy(OptimizerState state) => new(state.Step, [.. state.Moments.Select(Copy)]);

    private static FlatVector Copy(FlatVector vector) => FlatVector.From(vector.Span);

    // Shards use their memory again.
    private static WorkAnswer Copy(WorkAnswer answer) => answer switch
    {
        GradientAnswer a => a with
        {
            Sum = a.Sum with { Gradient = new(a.Sum.Gradient.Layout, FlatVector.From(a.Sum.Gradient.Span)) },
        },
        LocalStepsAnswer a => a with { Parameters = Copy(a.Parameters), Optimizer = Copy(a.Optimizer) },
        _ => answer,
    };
}
