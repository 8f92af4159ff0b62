namespace ActorTrain.Simulation.Tests;

/// <summary>A second answer to a node counts for another node.</summary>
internal sealed class CountsTwice : Rules
{
    public override Transition Server(ServerState state, ServerEvent @event, TimeSpan now, VectorPool pool)
    {
        if (@event is WorkAnswered { Answer: GradientAnswer answer } e && state.Round is { } round &&
            round.IsAnswered(answer.Key))
            @event = e with { Answer = answer with { Key = state.UnansweredKey() ?? answer.Key } };
        return base.Server(state, @event, now, pool);
    }
}

/// <summary>
/// The first and the last node of a step are taken for each other. (Two with the same parent could be: a + b = b + a.)
/// </summary>
internal sealed class SwapsNodes : Rules
{
    public override Transition Server(ServerState state, ServerEvent @event, TimeSpan now, VectorPool pool)
    {
        if (state.Round is not { Kind: WorkKind.Gradient, Answers: { Length: > 1 } answers } round ||
            answers.Length + 1 < round.Nodes.Length)
            return base.Server(state, @event, now, pool);
        var (first, last) = ((GradientAnswer)answers[0], (GradientAnswer)answers[^1]);
        answers = answers.SetItem(0, first with { Sum = last.Sum })
            .SetItem(answers.Length - 1, last with { Sum = first.Sum });
        return base.Server(state with { Round = round with { Answers = answers } }, @event, now, pool);
    }
}

/// <summary>A worker computes the node beside the one that it was told.</summary>
internal sealed class ComputesTheNodeBeside : Rules
{
    public override WorkerTransition Worker(WorkerState state, WorkerEvent @event, NodeSums sums)
    {
        if (@event is OrderArrived { Order: GradientOrder order })
            @event = new OrderArrived(order with { Key = Beside(state.Plan, order.Key) });
        var (next, effects) = base.Worker(state, @event, sums);
        return new(next, [.. effects.Select(e => e is SendAnswer { Answer: GradientAnswer answer }
            ? new SendAnswer(answer with { Key = Beside(state.Plan, answer.Key) })
            : e)]);
    }

    private static WorkKey Beside(TrainingPlan plan, WorkKey key)
    {
        var tree = plan.TreeOf(plan.PositionOf(key.Step).Step);
        var beside = key.Node with { Index = key.Node.Index ^ 1 };
        return key.Node == tree.Root || tree.LeafCount(beside) == 0 ? key : key with { Node = beside };
    }
}

/// <summary>What a lost unit worked on is not handed out again.</summary>
internal sealed class ForgetsLostWork : Rules
{
    public override Transition Server(ServerState state, ServerEvent @event, TimeSpan now, VectorPool pool)
    {
        if (@event is ShardLost e && state.Shards.FirstOrDefault(s => s.Id == e.Shard) is { } slot)
            state = state with { Shards = state.Shards.Replace(slot, slot with { Orders = [] }) };
        return base.Server(state, @event, now, pool);
    }
}

/// <summary>A computation that throws is not noticed: its unit is thought to work on.</summary>
internal sealed class IgnoresFailures : Rules
{
    public override Transition Server(ServerState state, ServerEvent @event, TimeSpan now, VectorPool pool) =>
        @event is WorkFailed ? new(state, []) : base.Server(state, @event, now, pool);
}

/// <summary>An answer of another incarnation or version counts if its node is one of the round's.</summary>
internal sealed class IgnoresFencing : Rules
{
    public override Transition Server(ServerState state, ServerEvent @event, TimeSpan now, VectorPool pool)
    {
        if (@event is WorkAnswered { Answer: GradientAnswer answer } e &&
            state.Round is { Kind: WorkKind.Gradient } round && round.Nodes.Contains(answer.Key.Node))
            @event = e with { Answer = answer with { Key = state.KeyOf(answer.Key.Node) } };
        return base.Server(state, @event, now, pool);
    }
}

/// <summary>A worker goes on working for a server that another one has replaced.</summary>
internal sealed class WorksForAnOlderServer : Rules
{
    public override WorkerTransition Worker(WorkerState state, WorkerEvent @event, NodeSums sums)
    {
        if (@event is OrderArrived { Order: var order } && order.Key.Incarnation < state.Incarnation)
            state = state with { Incarnation = order.Key.Incarnation, Waiting = [], Current = null };
        return base.Worker(state, @event, sums);
    }
}

/// <summary>A hello that a later one has overtaken puts the unit's earlier life in the later one's place.</summary>
internal sealed class TakesAnOlderHello : Rules
{
    public override Transition Server(ServerState state, ServerEvent @event, TimeSpan now, VectorPool pool)
    {
        if (@event is ShardJoined e && state.Shards.FirstOrDefault(s => s.Id.Name == e.Shard.Name) is { } former &&
            former.Id.Incarnation > e.Shard.Incarnation)
            state = base.Server(state, new ShardLost(former.Id, "an older hello"), now, pool).State;
        return base.Server(state, @event, now, pool);
    }
}

/// <summary>What a shard of a node worked on when it died is not given to another one.</summary>
internal sealed class ForgetsThePartOfADeadShard : Rules
{
    public override WorkerTransition Worker(WorkerState state, WorkerEvent @event, NodeSums sums)
    {
        if (@event is NodeShardReady e)
            state = state with { Shards = [.. state.Shards.Where(s => s.Id.Name != e.Shard.Name)] };
        return base.Worker(state, @event, sums);
    }
}

/// <summary>Memory of a version that somebody late still reads is used for the next version but one.</summary>
internal sealed class ReusesMemoryTooEarly : Rules
{
    public override Transition Server(ServerState state, ServerEvent @event, TimeSpan now, VectorPool pool)
    {
        if (@event is not WorkAnswered e || state.Round is not { } round ||
            round.Answers.Length + 1 < round.Nodes.Length ||
            e.Answer.Key != state.KeyOf(e.Answer.Key.Node) || round.IsAnswered(e.Answer.Key))
            return base.Server(state, @event, now, pool);
        var (next, effects) = base.Server(Renamed(state, k => k.Version >= 0 && k != e.Answer.Key), @event, now, pool);
        return new(Renamed(next, k => k.Version < 0), effects);
    }

    // The rules see no order of the version that ends; afterwards everything is as it was.
    private static ServerState Renamed(ServerState state, Func<WorkKey, bool> isMeant) => state with
    {
        Shards = [.. state.Shards.Select(s => s with
        {
            Orders = [.. s.Orders.Select(k => isMeant(k) ? k with { Version = -1 - k.Version } : k)],
        })],
    };
}

/// <summary>A checkpoint counts as safe when it is asked for.</summary>
internal sealed class TrustsCheckpointsTooEarly : Rules
{
    public override Transition Server(ServerState state, ServerEvent @event, TimeSpan now, VectorPool pool) =>
        base.Server(
            state with { Durability = state.Durability with { Settled = state.Durability.Requested } }, @event, now,
            pool);
}

internal static class RoundExtensions
{
    public static WorkKey? UnansweredKey(this ServerState state)
    {
        foreach (var node in state.Round!.Nodes)
            if (!state.Round.IsAnswered(state.KeyOf(node))) return state.KeyOf(node);
        return null;
    }

    public static bool IsAnswered(this Round round, WorkKey key) => round.Answers.Any(a => a.Key == key);
}
