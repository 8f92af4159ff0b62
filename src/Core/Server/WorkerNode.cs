namespace ActorTrain.Server;

/// <summary>
/// The rules of a worker node: divides an order among its own shards, sums their answers along the tree, answers once;
/// an order of local steps goes to one shard as it is.
/// A pure transition; the memory that a sum lies in is lent.
/// </summary>
public static class WorkerNode
{
    private static readonly WorkerEffect[] Nothing = [];

    /// <summary>Decides what an event means.</summary>
    /// <param name="state">Before it.</param>
    /// <param name="event">What happened.</param>
    /// <param name="sums">Where sums of several shards' gradients lie.</param>
    public static WorkerTransition Step(WorkerState state, WorkerEvent @event, NodeSums sums) => @event switch
    {
        OrderArrived e => Take(state, e.Order),
        PartAnswered e => Answer(state, e.Shard, e.Answer, sums),
        PartFailed e => Fail(state, e),
        // Else they would be computed before what the server wants when the node is back, and answered for nothing.
        ServerLost => new(state with { Waiting = [], Current = null, Whole = [] }, Nothing),
        NodeShardReady e => ReadyAgain(state, e.Shard),
        _ => throw new System.Diagnostics.UnreachableException(
            $"WorkerNode.Step has no arm for {@event.GetType().Name}; add one."),
    };

    // Orders of a server that another one has replaced are ignored, and forgotten when the new one's come.
    private static WorkerTransition Take(WorkerState state, WorkOrder order)
    {
        if (order.Key.Incarnation < state.Incarnation) return new(state, Nothing);
        if (order.Key.Incarnation > state.Incarnation)
            state = state with { Incarnation = order.Key.Incarnation, Waiting = [], Current = null, Whole = [] };
        return Next(state with { Waiting = state.Waiting.Add(order) }, Nothing);
    }

    private static WorkerTransition Answer(WorkerState state, ShardId shard, WorkAnswer answer, NodeSums sums)
    {
        state = Idle(state, shard, answer.Key);
        if (state.Whole.Contains(answer.Key))
            return Next(state with { Whole = state.Whole.Remove(answer.Key) }, [new SendAnswer(answer)]);
        if (state.Current is not { } work || !IsPart(work, answer.Key)) return Next(state, Nothing);
        work = work with { Answers = work.Answers.With(answer) };
        if (work.Answers.Length < work.Parts.Length) return Next(state with { Current = work }, Nothing);
        var whole = work.Parts.Length == 1
            ? answer
            : sums.Of(state.Plan, work) with { Computing = ComputingOf(work, state.Shards.Length) };
        return Next(state with { Current = null }, [new SendAnswer(whole)]);
    }

    private static WorkerTransition Fail(WorkerState state, PartFailed e)
    {
        state = Idle(state, e.Shard, e.Key);
        if (state.Whole.Contains(e.Key))
            return Next(
                state with { Whole = state.Whole.Remove(e.Key) }, [new SendFailure(e.Key, $"{e.Shard}: {e.Reason}")]);
        return state.Current is { } work && IsPart(work, e.Key)
            ? Next(state with { Current = null }, [new SendFailure(work.Order.Key, $"{e.Shard}: {e.Reason}")])
            : Next(state, Nothing);
    }

    private static WorkerTransition Next(WorkerState state, WorkerEffect[] before)
    {
        if (state is { Current: null, Waiting: [LocalStepsOrder, ..] }) return GiveWhole(state, before);
        if (state.Current is null && !state.Waiting.IsEmpty && !state.Shards.IsEmpty)
        {
            var order = state.Waiting[0];
            var parts = TreeOf(state.Plan, order.Key).Divide(order.Key.Node, state.Shards.Length);
            state = state with { Current = new(order, parts, parts, []), Waiting = state.Waiting.RemoveAt(0) };
        }
        return state.Current is { Waiting.IsEmpty: false } ? GiveParts(state, before) : new(state, before);
    }

    // Local steps follow one another, so an order of them is one shard's; several are done side by side.
    private static WorkerTransition GiveWhole(WorkerState state, WorkerEffect[] before)
    {
        var effects = new List<WorkerEffect>(before);
        for (var i = 0; i < state.Shards.Length && state.Waiting is [LocalStepsOrder order, ..]; i++)
        {
            var shard = state.Shards[i];
            if (shard.Working is not null) continue;
            effects.Add(new GivePart(shard.Id, order, IsWhole: true));
            state = state with
            {
                Shards = state.Shards.SetItem(i, shard with { Working = order.Key }),
                Waiting = state.Waiting.RemoveAt(0),
                Whole = state.Whole.Add(order.Key),
            };
        }
        return new(state, effects);
    }

    private static WorkerTransition GiveParts(WorkerState state, WorkerEffect[] before)
    {
        var work = state.Current!;
        var effects = new List<WorkerEffect>(before);
        var shards = state.Shards.ToBuilder();
        var given = 0;
        for (var i = 0; i < shards.Count && given < work.Waiting.Length; i++)
        {
            if (shards[i].Working is not null) continue;
            var key = work.Order.Key with { Node = work.Waiting[given++] };
            shards[i] = shards[i] with { Working = key };
            effects.Add(new GivePart(shards[i].Id, PartOf(work.Order, key), IsWhole: key == work.Order.Key));
        }
        state = state with
        {
            Shards = shards.DrainToImmutable(),
            Current = work with { Waiting = work.Waiting.RemoveRange(0, given) },
        };
        return new(state, effects);
    }

    /// <summary>An order for a part of an order's subtree.</summary>
    internal static WorkOrder PartOf(WorkOrder order, WorkKey key) => order switch
    {
        _ when order.Key == key => order,
        GradientOrder o => o with { Key = key },
        EvaluationOrder o => o with { Key = key },
        _ => throw new System.Diagnostics.UnreachableException(
            $"WorkerNode has no part of a {order.GetType().Name}; only the server's own shards take it."),
    };

    private static WorkerTransition ReadyAgain(WorkerState state, ShardId shard)
    {
        var former = state.Shards.FirstOrDefault(s => s.Id.Name == shard.Name);
        state = Ready(state, shard);
        return former.Working is { } key && state.Whole.Contains(key)
            ? Next(
                state with { Whole = state.Whole.Remove(key) },
                [new SendFailure(key, $"{shard}: it came back as a new one")])
            : Next(state, Nothing);
    }

    // One that comes back as a new one has lost what its earlier life worked on.
    private static WorkerState Ready(WorkerState state, ShardId shard)
    {
        var former = state.Shards.FirstOrDefault(s => s.Id.Name == shard.Name);
        state = state with
        {
            Shards = [.. state.Shards.Where(s => s.Id.Name != shard.Name), new(shard, Working: null)],
        };
        if (former.Working is not { } key || state.Current is not { } work || !IsPart(work, key)) return state;
        return work.Waiting.Contains(key.Node) || state.Shards.Any(s => s.Working == key)
            ? state
            : state with { Current = work with { Waiting = work.Waiting.Insert(0, key.Node) } };
    }

    private static WorkerState Idle(WorkerState state, ShardId shard, WorkKey key)
    {
        for (var i = 0; i < state.Shards.Length; i++)
            if (state.Shards[i].Id == shard && state.Shards[i].Working == key)
                return state with { Shards = state.Shards.SetItem(i, state.Shards[i] with { Working = null }) };
        return state;
    }

    /// <summary>How long so many units computed for an order side by side.</summary>
    internal static TimeSpan ComputingOf(NodeWork work, int shards)
    {
        var sum = TimeSpan.Zero;
        foreach (var answer in work.Answers) sum += answer.Computing;
        return sum / Math.Min(work.Parts.Length, shards);
    }

    /// <summary>True for the key of a part that is not answered yet.</summary>
    internal static bool IsPart(NodeWork work, WorkKey key)
    {
        if (key != work.Order.Key with { Node = key.Node } || !work.Parts.Contains(key.Node)) return false;
        foreach (var answer in work.Answers)
            if (answer.Key == key) return false;
        return true;
    }

    /// <summary>The tree that an order's node is a part of.</summary>
    internal static MicrobatchTree TreeOf(TrainingPlan plan, WorkKey key) => key.Kind == WorkKind.Evaluation
        ? plan.EvaluationTree
        : plan.TreeOf(plan.PositionOf(key.Step).Step);
}
