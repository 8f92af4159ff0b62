using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace ActorTrain.Server;

/// <summary>
/// Who gets which work in a round, and what rounds and flows have in common, as pure functions of the server's state.
/// Loops, not LINQ, on the way of every answer: all shards wait meanwhile.
/// </summary>
public static class Rounds
{
    /// <summary>
    /// Work is late, and given to somebody idle too, after this many times what it should have taken.
    /// </summary>
    public const int LateFactor = 3;

    /// <summary>A node that was left out for being slow gets a microbatch again every so many steps.</summary>
    public const int StepsBetweenProbes = 64;

    /// <summary>
    /// No work is late before this time: pauses of a scheduler or a collector are no reason to compute twice.
    /// </summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(250);

    /// <summary>The same for a unit's first work, for which it compiles and fills its caches.</summary>
    public static readonly TimeSpan FirstPatience = TimeSpan.FromSeconds(2);

    /// <summary>Begins a round: divides its tree among the idle units by their speed and hands it out.</summary>
    internal static Transition Begin(
        ServerState state, WorkKind kind, IReadOnlyList<ServerEffect> before, TimeSpan now, StepEnd? end = null)
    {
        var (units, trials) = ApartFromTrials(state, Idle(state, kind));
        var tree = kind switch
        {
            WorkKind.Gradient => state.Plan.TreeOf(state.Training.Position.Step),
            WorkKind.Update => new(end!.Update.Runs, CountLocal(state)),
            WorkKind.Evaluation => state.Plan.EvaluationTree,
            WorkKind.LocalSteps => ((LocalSgd)state.Plan.Recipe.Strategy)
                .TreeOf(state.NextBarrier - state.StepsDone, Math.Max(1, units.Count)),
            WorkKind.Joint => throw new System.Diagnostics.UnreachableException("JointRounds begins joint rounds."),
        };
        state = state with { Round = new(kind, tree, [], [], [], end), Failures = 0 };
        if (units.Count == 0)
            return new(state with { Round = state.Round with { Nodes = [tree.Root], Waiting = [tree.Root] } }, before);
        var includeSlow = state.Training.Version % StepsBetweenProbes == 0;
        if (!includeSlow && kind != WorkKind.LocalSteps) units = WithoutTooSlow(state.Shards, units, tree.Leaves);
        var parts = kind == WorkKind.LocalSteps
            ? WorkDivision.LeafEach(tree)
            : WorkDivision.Divide(tree, Costs(state.Shards, units, shard => shard.SpeedCost), includeSlow);
        var effects = new List<ServerEffect>(before.Count + parts.Length);
        effects.AddRange(before);
        var shards = state.Shards.ToArray();
        var nodes = new TreeNode[parts.Length];
        for (var i = 0; i < parts.Length; i++)
        {
            nodes[i] = parts[i].Node;
            Give(state, shards, units[parts[i].Owner], state.KeyOf(nodes[i]), effects, now);
        }
        // The last part: the largest shares come first.
        if (kind == WorkKind.Gradient)
            foreach (var unit in trials) Give(state, shards, unit, state.KeyOf(nodes[^1]), effects, now);
        state = state with
        {
            Shards = ImmutableCollectionsMarshal.AsImmutableArray(shards),
            Round = state.Round with { Nodes = ImmutableCollectionsMarshal.AsImmutableArray(nodes) },
        };
        return new(state, effects);
    }

    /// <summary>Gives what waits to whoever is idle.</summary>
    internal static Transition HandOut(Transition transition, TimeSpan now)
    {
        var (state, before) = transition;
        if (state.Flow is not null) return Flows.HandOut(transition, now);
        if (state.Round is not { Waiting.IsEmpty: false } round) return transition;
        List<ServerEffect> effects = [.. before];
        var shards = state.Shards.ToArray();
        var given = 0;
        for (var i = 0; i < shards.Length && given < round.Waiting.Length; i++)
            if (CanTake(shards[i], round.Kind))
                Give(state, shards, i, state.KeyOf(round.Waiting[given++]), effects, now);
        state = state with
        {
            Shards = ImmutableCollectionsMarshal.AsImmutableArray(shards),
            Round = round with { Waiting = round.Waiting.RemoveRange(0, given) },
        };
        return new(state, effects);
    }

    /// <summary>
    /// Near the end of a round or a flow: what is late is given to somebody idle too; whoever answers first, counts.
    /// </summary>
    internal static Transition HandOutLate(ServerState state, TimeSpan now)
    {
        // A part of an update or of a joint step writes into memory that all share: it has one owner.
        List<WorkKey> keys = state switch
        {
            { Flow: { Waiting.IsEmpty: true } flow } => [.. flow.Open.Select(o => o.Key)],
            { Round: { Waiting.IsEmpty: true, Kind: not (WorkKind.Update or WorkKind.Joint) } round } =>
                [.. round.Nodes.Select(state.KeyOf)],
            _ => [],
        };
        List<ServerEffect> effects = [];
        var shards = state.Shards.ToArray();
        foreach (var key in keys)
        {
            var idle = Array.FindIndex(shards, s => CanTake(s, key.Kind));
            if (idle < 0) break;
            if (!IsWanted(state, key)
                || !Array.TrueForAll(shards, s => !s.Orders.Contains(key) || IsLate(state, s, now)))
                continue;
            var holder = Array.Find(shards, s => s.Orders.Contains(key));
            if (holder is not null)
                effects.Add(new ReportReassignment(
                    holder.Id, key, $"no answer for {(now - holder.BusySince).TotalSeconds:F1} s"));
            Give(state, shards, idle, key, effects, now);
        }
        return effects.Count == 0
            ? new(state, [])
            : new(state with { Shards = ImmutableCollectionsMarshal.AsImmutableArray(shards) }, effects);
    }

    /// <summary>
    /// Wanted once: open in the flow; or of this incarnation, version and round, one of its nodes, not answered yet.
    /// </summary>
    internal static bool IsWanted(ServerState state, WorkKey key)
    {
        if (state.Flow is { } flow) return flow.Find(key) is not null;
        if (state.Round is not { } round || key != state.KeyOf(key.Node) || !round.Nodes.Contains(key.Node))
            return false;
        foreach (var answer in round.Answers)
            if (answer.Key == key) return false;
        return true;
    }

    /// <summary>True where a run stands at the end of an epoch that is not evaluated, or at its own end.</summary>
    internal static bool IsToEvaluate(ServerState state) =>
        state.Training is { Position.Step: 0, Totals.Seen: > 0 } || state.Plan.IsEnd(state.Training.Position);

    /// <summary>True when some unit works on it.</summary>
    internal static bool IsHeld(ServerState state, WorkKey key)
    {
        foreach (var shard in state.Shards)
            if (shard.Orders.Contains(key)) return true;
        return false;
    }

    /// <summary>How many units share the server's memory.</summary>
    internal static int CountLocal(ServerState state)
    {
        var count = 0;
        foreach (var shard in state.Shards)
            if (!shard.IsRemote) count++;
        return count;
    }

    /// <summary>A key that is wanted is to be handed out again, before all others.</summary>
    internal static ServerState PutBack(ServerState state, WorkKey key, VectorPool pool) => state switch
    {
        { Flow: { } flow } => state with { Flow = flow with { Waiting = flow.Waiting.Insert(0, key) } },
        { Round.Joint: not null } => JointRounds.Dissolve(state, pool),
        _ => state with { Round = state.Round! with { Waiting = state.Round.Waiting.Insert(0, key.Node) } },
    };

    /// <summary>How many microbatches a key of a round or flow stands for; 0 where it is no training.</summary>
    internal static int MicrobatchesOf(ServerState state, WorkKey key) => key.Kind switch
    {
        WorkKind.Gradient => state.Plan.TreeOf(state.Plan.PositionOf(key.Step).Step).LeafCount(key.Node),
        WorkKind.LocalSteps => state.Round!.Tree.RowsOf(key.Node).Count * state.Plan.Recipe.Microbatches,
        WorkKind.Joint => state.Plan.TreeOf(state.Training.Position.Step).Leaves,
        WorkKind.Update or WorkKind.Evaluation => 0,
    };

    /// <summary>The units after one of them has answered an order; the same array when it did not have it.</summary>
    internal static ImmutableArray<ShardSlot> WithoutOrder(
        ServerState state, ShardId shard, WorkAnswer answer, TimeSpan now)
    {
        var (key, shards) = (answer.Key, state.Shards);
        for (var i = 0; i < shards.Length; i++)
        {
            if (shards[i].Id != shard) continue;
            if (!shards[i].Orders.Contains(key)) return shards;
            var isTraining = key.Kind is WorkKind.Gradient or WorkKind.LocalSteps;
            var slot = shards[i].Without(key, now, isTraining ? RowsOf(state, key) : 0, answer.Computing);
            return shards.SetItem(i, slot with { Failures = 0, IsOnTrial = slot.IsOnTrial && !isTraining });
        }
        return shards;
    }

    private static void Give(
        ServerState state, ShardSlot[] shards, int index, WorkKey key, List<ServerEffect> effects, TimeSpan now)
    {
        shards[index] = shards[index].With(key, now);
        Send(state, effects, shards[index], state.Flow?.Find(key) ?? OrderOf(state, key));
    }

    /// <summary>
    /// Another node's order goes before the update that it is computed from, so that both go on at once.
    /// </summary>
    internal static void Send(ServerState state, List<ServerEffect> effects, ShardSlot unit, WorkOrder order)
    {
        var isNew = unit.IsRemote && order.Key.Version == state.Training.Version;
        var update = isNew ? effects.FindIndex(e => e is ApplyUpdate) : -1;
        if (update >= 0) effects.Insert(update, new SendWork(unit.Id, order, IsAhead: true));
        else effects.Add(new SendWork(unit.Id, order));
    }

    private static WorkOrder OrderOf(ServerState state, WorkKey key)
    {
        var (start, count) = state.Round!.Tree.RowsOf(key.Node);
        return key.Kind switch
        {
            WorkKind.Gradient => new GradientOrder(key, state.Training.Parameters),
            WorkKind.Update => new UpdateOrder(key, state.Round.StepEnd!.Update, start, count),
            WorkKind.Evaluation => new EvaluationOrder(key, state.Training.Parameters),
            WorkKind.LocalSteps =>
                new LocalStepsOrder(key, key.Step + start, count, state.Training.Parameters, state.Training.Optimizer),
            WorkKind.Joint => new JointOrder(key, state.Round.Joint!),
        };
    }

    private static bool CanTake(ShardSlot shard, WorkKind kind) =>
        shard.IsIdle && !(kind == WorkKind.Update && shard.IsRemote);

    private static List<int> Idle(ServerState state, WorkKind kind)
    {
        var units = new List<int>(state.Shards.Length);
        for (var i = 0; i < state.Shards.Length; i++)
        {
            if (!CanTake(state.Shards[i], kind)) continue;
            // Local steps can't be divided: each core of a node makes its own.
            for (var core = 0; core < (kind == WorkKind.LocalSteps ? state.Shards[i].Cores : 1); core++) units.Add(i);
        }
        return units;
    }

    // Where there are only units on trial, they are what there is.
    private static (List<int> Units, List<int> Trials) ApartFromTrials(ServerState state, List<int> idle)
    {
        List<int>? trials = null;
        foreach (var unit in idle)
            if (state.Shards[unit].IsOnTrial) (trials ??= []).Add(unit);
        return trials is null || trials.Count == idle.Count ? (idle, []) : ([.. idle.Except(trials)], trials);
    }

    /// <summary>
    /// Without who would be the last with one leaf though the others had all: its way is long, fast as it computes.
    /// </summary>
    internal static List<int> WithoutTooSlow(ImmutableArray<ShardSlot> shards, List<int> units, int leaves)
    {
        var costs = Costs(shards, units, shard => shard.RowCost);
        var rest = new List<int>(units.Count);
        for (var i = 0; i < costs.Length; i++)
            if (!WorkDivision.IsTooSlow(leaves, costs, i)) rest.Add(units[i]);
        return rest;
    }

    /// <summary>
    /// What a row costs each unit. Shards of one process are equally fast; how long each took lately is noise. Who was
    /// never measured is taken to be as fast, for each of its cores, as the others are.
    /// </summary>
    internal static double[] Costs(
        ImmutableArray<ShardSlot> shards, List<int> units, Func<ShardSlot, double> measure)
    {
        var costs = new double[units.Count];
        var (sum, measured, hasRemote) = (0.0, 0, false);
        foreach (var unit in units)
        {
            var shard = shards[unit];
            hasRemote |= shard.IsRemote;
            if (measure(shard) == 0) continue;
            sum += measure(shard) * shard.Cores;
            measured++;
        }
        var usual = measured == 0 ? 1 : sum / measured;
        for (var i = 0; i < costs.Length; i++)
        {
            var shard = shards[units[i]];
            costs[i] = hasRemote && measure(shard) > 0 ? measure(shard) : usual / shard.Cores;
        }
        return costs;
    }

    private static bool IsLate(ServerState state, ShardSlot shard, TimeSpan now)
    {
        var rows = 0;
        foreach (var key in shard.Orders) rows += RowsOf(state, key);
        return IsLate(shard, rows, now, patience: 1);
    }

    /// <summary>Whether a unit takes too long.</summary>
    /// <param name="shard">The unit.</param>
    /// <param name="rows">Of all its orders.</param>
    /// <param name="now">When.</param>
    /// <param name="patience">Which part of the usual patience it gets.</param>
    internal static bool IsLate(ShardSlot shard, int rows, TimeSpan now, double patience)
    {
        var expected = TimeSpan.FromMicroseconds(shard.RowCost * rows);
        return now - shard.BusySince
            > (shard.RowCost == 0 ? patience * FirstPatience : (patience * Patience) + (LateFactor * expected));
    }

    // Rows of a key's work; 0 where it belongs to an earlier round or flow.
    private static int RowsOf(ServerState state, WorkKey key)
    {
        if (state.Flow is { } flow)
            return flow.Find(key) is null
                ? 0
                : state.Plan.TreeOf(state.Plan.PositionOf(key.Step).Step).RowsOf(key.Node).Count;
        if (state.Round is not { } round || key != state.KeyOf(key.Node)) return 0;
        return round.Tree.RowsOf(key.Node).Count * (key.Kind == WorkKind.LocalSteps ? state.Plan.Recipe.BatchSize : 1);
    }
}
