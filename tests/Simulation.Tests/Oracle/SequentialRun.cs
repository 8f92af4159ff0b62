using System.Runtime.InteropServices;
using ActorTrain.Kernels;

namespace ActorTrain.Simulation.Tests.Oracle;

/// <summary>
/// What a run must be at every step, from pure steps one after the other, and the answers that its shards must give.
/// Answers are pure functions of (step, node), so each is computed once and used in all schedules. For one thread.
/// </summary>
internal sealed class SequentialRun
{
    private readonly ShardComputation _computation;
    private readonly TrainingState[] _afterStep;
    private readonly TrainingState[] _saved;
    private readonly Dictionary<(long Step, TreeNode Node), GradientSum> _gradients = [];
    private readonly Dictionary<(long Version, TreeNode Node), Evaluation> _evaluations = [];

    public SequentialRun(Recipe recipe, Dataset data)
    {
        Data = data;
        Plan = new(recipe, data.Description);
        _computation = new(Plan, data, new ManagedMatMul());
        _afterStep = new TrainingState[Plan.TotalSteps + 1];
        _saved = new TrainingState[Plan.TotalSteps + 1];
        _afterStep[0] = _saved[0] = TrainingState.Initial(recipe);
        for (var step = 0; step < Plan.TotalSteps; step++)
        {
            _afterStep[step + 1] = Next(_saved[step]);
            _saved[step + 1] = _afterStep[step + 1].Position.Step > 0
                ? _afterStep[step + 1]
                : EpochEnd.Apply(Plan, _afterStep[step + 1], Evaluate(_afterStep[step + 1].Parameters));
        }
        Evaluation = Evaluate(_saved[^1].Parameters);
    }

    public Dataset Data { get; }

    public TrainingPlan Plan { get; }

    /// <summary>Of the last parameters.</summary>
    public Evaluation Evaluation { get; }

    /// <summary>What a checkpoint of so many steps holds.</summary>
    public TrainingState Saved(long steps) => _saved[steps];

    /// <summary>True when this is the run after so many steps, bit for bit.</summary>
    public bool IsAfterStep(TrainingState state) => state.Version < _afterStep.Length && Same(state, _afterStep[state.Version]);

    /// <summary>True when this is what a checkpoint holds, bit for bit.</summary>
    public bool IsSaved(TrainingState state) => state.Version < _saved.Length && Same(state, _saved[state.Version]);

    /// <summary>True when this is the evaluation of the last parameters, bit for bit.</summary>
    public bool IsLast(Evaluation evaluation) => Same(evaluation, Evaluation);

    /// <summary>Rows that an order takes; a part of an update counts as one.</summary>
    public int RowsOf(WorkOrder order) => order is UpdateOrder ? 1 : TreeOf(order.Key).RowsOf(order.Key.Node).Count;

    /// <summary>Checks that an order's parameters are still its version's.</summary>
    public void CheckParameters(WorkOrder order)
    {
        var parameters = order switch
        {
            GradientOrder o => o.Parameters,
            EvaluationOrder o => o.Parameters,
            _ => null,
        };
        if (parameters is not null && !Same(parameters, _saved[order.Key.Version].Parameters))
            throw new Violation($"{order.Key} reads parameters that are not version {order.Key.Version}'s");
    }

    /// <summary>The order as it reaches another process: with parameters of its own.</summary>
    public WorkOrder Copied(WorkOrder order)
    {
        CheckParameters(order);
        var parameters = _saved[order.Key.Version].Parameters;
        return order switch
        {
            GradientOrder o => o with { Parameters = parameters },
            EvaluationOrder o => o with { Parameters = parameters },
            _ => throw new Violation($"{order.Key} was given to another process"),
        };
    }

    /// <summary>The answer as it reaches another process, in memory of its own.</summary>
    public WorkAnswer Copied(WorkAnswer answer)
    {
        var right = Answer(answer.Key);
        var isRight = (answer, right) switch
        {
            (GradientAnswer a, GradientAnswer b) => Same(a.Sum, b.Sum),
            (EvaluationAnswer a, EvaluationAnswer b) => Same(a.Evaluation, b.Evaluation),
            _ => false,
        };
        return isRight ? right : throw new Violation($"a worker's answer to {answer.Key} is not the sum of that node");
    }

    /// <summary>The answer that an order of this key must have.</summary>
    public WorkAnswer Answer(WorkKey key) => key.Kind == WorkKind.Evaluation
        ? new EvaluationAnswer(key, EvaluationOf(key))
        : new GradientAnswer(key, GradientOf(key));

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

    private MicrobatchTree TreeOf(WorkKey key) =>
        key.Kind == WorkKind.Evaluation ? Plan.EvaluationTree : Plan.TreeOf(Plan.PositionOf(key.Step).Step);

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

    private static bool Same(TrainingState a, TrainingState b)
    {
        if (a.Position != b.Position || a.Version != b.Version || a.Totals != b.Totals) return false;
        if (a.History.Length != b.History.Length || !Same(a.Parameters, b.Parameters)) return false;
        for (var m = 0; m < a.Optimizer.Moments.Length; m++)
            if (!Same(a.Optimizer.Moments[m], b.Optimizer.Moments[m])) return false;
        return a.History.IsEmpty || a.History[^1] == b.History[^1];
    }

    private static bool Same(GradientSum a, GradientSum b) =>
        a.LossSum.Equals(b.LossSum) && a.Correct == b.Correct && a.Rows == b.Rows && Same(a.Gradient.Span, b.Gradient.Span);

    private static bool Same(Evaluation a, Evaluation b) =>
        a.LossSum.Equals(b.LossSum) && a.Confusion.AsSpan().SequenceEqual(b.Confusion);

    private static bool Same(FlatVector a, FlatVector b) => ReferenceEquals(a, b) || Same(a.Span, b.Span);

    private static bool Same(ReadOnlySpan<float> a, ReadOnlySpan<float> b) =>
        MemoryMarshal.AsBytes(a).SequenceEqual(MemoryMarshal.AsBytes(b));
}
