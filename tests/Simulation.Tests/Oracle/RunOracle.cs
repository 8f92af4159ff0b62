using System.Runtime.InteropServices;

namespace ActorTrain.Simulation.Tests.Oracle;

/// <summary>What a run must be, and the answers that its shards must give. For one thread.</summary>
internal abstract class RunOracle(TrainingPlan plan, Dataset data)
{
    public TrainingPlan Plan { get; } = plan;

    public Dataset Data { get; } = data;

    public TrainingState Initial { get; } = TrainingState.Initial(plan.Recipe);

    /// <summary>A server begins.</summary>
    public abstract void Begin(ServerState state);

    /// <summary>A server's run has changed.</summary>
    /// <exception cref="Violation">It is not what it must be.</exception>
    public abstract void CheckTraining(ServerState before, ServerState after);

    /// <summary>What a checkpoint of a state holds, in memory of its own.</summary>
    /// <exception cref="Violation">The state is not what it must be.</exception>
    public abstract TrainingState Saved(TrainingState state);

    /// <summary>A run has finished or was stopped.</summary>
    /// <exception cref="Violation">It is not what it must be.</exception>
    public abstract void CheckEnd(EndRun end);

    /// <summary>The answer that an order of this key must have.</summary>
    public abstract WorkAnswer Answer(WorkKey key);

    /// <summary>Rows that an order takes; a part of an update counts as one.</summary>
    public int RowsOf(WorkOrder order) => order switch
    {
        UpdateOrder => 1,
        LocalStepsOrder o => o.Steps * Plan.Recipe.BatchSize,
        _ => TreeOf(order.Key).RowsOf(order.Key.Node).Count,
    };

    /// <summary>Checks that what an order reads is still its version's.</summary>
    public void CheckOrder(WorkOrder order)
    {
        if (order is UpdateOrder) return;
        // Which minibatches they take is in no key.
        if (order is LocalStepsOrder local) LocalOrders.TryAdd(local.Key, (LocalStepsOrder)WithOwnMemory(local));
        var version = VersionOf(order.Key);
        var isRight = order switch
        {
            GradientOrder o => Same(o.Parameters, version.Parameters),
            EvaluationOrder o => Same(o.Parameters, version.Parameters),
            LocalStepsOrder o => Same(o.Parameters, version.Parameters) && Same(o.Optimizer, version.Optimizer),
            _ => false,
        };
        if (!isRight) throw new Violation($"{order.Key} reads parameters that are not version {order.Key.Version}'s");
    }

    /// <summary>The order as it reaches another process: with parameters of its own.</summary>
    public WorkOrder Copied(WorkOrder order)
    {
        CheckOrder(order);
        return WithOwnMemory(order);
    }

    /// <summary>The answer as it reaches another process, in memory of its own.</summary>
    public WorkAnswer Copied(WorkAnswer answer)
    {
        var right = Answer(answer.Key);
        var isRight = (answer, right) switch
        {
            (GradientAnswer a, GradientAnswer b) => Same(a.Sum, b.Sum),
            (EvaluationAnswer a, EvaluationAnswer b) => Same(a.Evaluation, b.Evaluation),
            (LocalStepsAnswer a, LocalStepsAnswer b) =>
                Same(a.Parameters, b.Parameters) && Same(a.Optimizer, b.Optimizer) && a.Sum == b.Sum,
            _ => false,
        };
        return isRight ? right : throw new Violation($"a worker's answer to {answer.Key} is not the sum of that node");
    }

    /// <summary>True when two states are the same, bit for bit.</summary>
    public static bool Same(TrainingState a, TrainingState b)
    {
        if (a.Position != b.Position || a.Version != b.Version || a.Totals != b.Totals) return false;
        if (a.History.Length != b.History.Length || !Same(a.Parameters, b.Parameters)) return false;
        return Same(a.Optimizer, b.Optimizer) && (a.History.IsEmpty || a.History[^1] == b.History[^1]);
    }

    /// <summary>Parameters and moments that a key's order is computed from.</summary>
    protected abstract TrainingState VersionOf(WorkKey key);

    /// <summary>Orders of local steps so far, in memory of their own.</summary>
    protected Dictionary<WorkKey, LocalStepsOrder> LocalOrders { get; } = [];

    protected MicrobatchTree TreeOf(long step) => Plan.TreeOf(Plan.PositionOf(step).Step);

    protected static bool Same(Evaluation a, Evaluation b) =>
        a.LossSum.Equals(b.LossSum) && a.Confusion.AsSpan().SequenceEqual(b.Confusion);

    private WorkOrder WithOwnMemory(WorkOrder order)
    {
        var version = VersionOf(order.Key);
        return order switch
        {
            GradientOrder o => o with { Parameters = version.Parameters },
            EvaluationOrder o => o with { Parameters = version.Parameters },
            LocalStepsOrder o => o with { Parameters = version.Parameters, Optimizer = version.Optimizer },
            _ => throw new Violation($"{order.Key} was given to another process"),
        };
    }

    private MicrobatchTree TreeOf(WorkKey key) =>
        key.Kind == WorkKind.Evaluation ? Plan.EvaluationTree : TreeOf(key.Step);

    private static bool Same(GradientSum a, GradientSum b) =>
        a.LossSum.Equals(b.LossSum) && a.Correct == b.Correct && a.Rows == b.Rows
            && Same(a.Gradient.Span, b.Gradient.Span);

    private static bool Same(OptimizerState a, OptimizerState b)
    {
        if (a.Step != b.Step || a.Moments.Length != b.Moments.Length) return false;
        for (var m = 0; m < a.Moments.Length; m++)
            if (!Same(a.Moments[m], b.Moments[m])) return false;
        return true;
    }

    private static bool Same(FlatVector a, FlatVector b) => ReferenceEquals(a, b) || Same(a.Span, b.Span);

    private static bool Same(ReadOnlySpan<float> a, ReadOnlySpan<float> b) =>
        MemoryMarshal.AsBytes(a).SequenceEqual(MemoryMarshal.AsBytes(b));
}
