using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace ActorTrain.Server;

/// <summary>
/// Who gets which work in a round, as pure functions of the server's state. Loops, not LINQ, on the way of every answer:
/// all shards wait meanwhile.
/// </summary>
public static class Rounds
{
    /// <summary>Work is late, and given to somebody idle too, after this many times what it should have taken.</summary>
    public const int LateFactor = 3;

    /// <summary>A node that was left out for being slow gets a microbatch again every so many steps.</summary>
    public const int StepsBetweenProbes = 64;

    /// <summary>No work is late before this time: pauses of a scheduler or a collector are no reason to compute twice.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(250);

    /// <summary>The same for a unit's first work, for which it compiles and fills its caches.</summary>
    public static readonly TimeSpan FirstPatience = TimeSpan.FromSeconds(2);

    /// <summary>Begins a round: divides its tree among the idle units by their speed and hands it out.</summary>
    internal static Transition Begin(
        ServerState state, WorkKind kind, IReadOnlyList<ServerEffect> before, TimeSpan now, StepEnd? end = null)
    {
        var tree = kind switch
        {
            WorkKind.Gradient => state.Plan.TreeOf(state.Training.Position.Step),
            WorkKind.Update => new(end!.Update.Runs, CountLocal(state)),
            WorkKind.Evaluation => state.Plan.EvaluationTree,
        };
        state = state with { Round = new(kind, tree, [], [], [], end), Failures = 0 };
        var units = Idle(state, kind);
        if (units.Count == 0)
            return new(state with { Round = state.Round with { Nodes = [tree.Root], Waiting = [tree.Root] } }, before);
        var includeSlow = state.Training.Version % StepsBetweenProbes == 0;
        var parts = WorkDivision.Divide(tree, Costs(state, units), includeSlow);
        var effects = new List<ServerEffect>(before.Count + parts.Length);
        effects.AddRange(before);
        var shards = state.Shards.ToArray();
        var nodes = new TreeNode[parts.Length];
        for (var i = 0; i < parts.Length; i++)
        {
            nodes[i] = parts[i].Node;
            Give(state, shards, units[parts[i].Owner], nodes[i], effects, now);
        }
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
        if (state.Round is not { Waiting.IsEmpty: false } round) return transition;
        List<ServerEffect> effects = [.. before];
        var shards = state.Shards.ToArray();
        var given = 0;
        for (var i = 0; i < shards.Length && given < round.Waiting.Length; i++)
            if (CanTake(shards[i], round.Kind)) Give(state, shards, i, round.Waiting[given++], effects, now);
        state = state with
        {
            Shards = ImmutableCollectionsMarshal.AsImmutableArray(shards),
            Round = round with { Waiting = round.Waiting.RemoveRange(0, given) },
        };
        return new(state, effects);
    }

    /// <summary>Near a round's end: what is late is given to somebody idle too; whoever answers first, counts.</summary>
    internal static Transition HandOutLate(ServerState state, TimeSpan now)
    {
        // A part of an update writes into memory that all share: it has one owner.
        if (state.Round is not { Waiting.IsEmpty: true, Kind: not WorkKind.Update } round) return new(state, []);
        List<ServerEffect> effects = [];
        var shards = state.Shards.ToArray();
        foreach (var node in round.Nodes)
        {
            var key = state.KeyOf(node);
            var idle = Array.FindIndex(shards, s => CanTake(s, round.Kind));
            if (idle < 0) break;
            if (!IsWanted(state, key) || !Array.TrueForAll(shards, s => !s.Orders.Contains(key) || IsLate(state, s, now))) continue;
            var holder = Array.Find(shards, s => s.Orders.Contains(key));
            if (holder is not null)
                effects.Add(new ReportReassignment(holder.Id, key, $"no answer for {(now - holder.BusySince).TotalSeconds:F1} s"));
            Give(state, shards, idle, node, effects, now);
        }
        return effects.Count == 0 ? new(state, []) : new(state with { Shards = ImmutableCollectionsMarshal.AsImmutableArray(shards) }, effects);
    }

    /// <summary>Wanted once: of this incarnation, version and round, one of its nodes, not answered yet.</summary>
    internal static bool IsWanted(ServerState state, WorkKey key)
    {
        if (state.Round is not { } round || key != state.KeyOf(key.Node) || !round.Nodes.Contains(key.Node)) return false;
        foreach (var answer in round.Answers)
            if (answer.Key == key) return false;
        return true;
    }

    /// <summary>True when some unit works on it.</summary>
    internal static bool IsHeld(ServerState state, WorkKey key)
    {
        foreach (var shard in state.Shards)
            if (shard.Orders.Contains(key)) return true;
        return false;
    }

    /// <summary>True when a unit may still read the parameters of a version.</summary>
    internal static bool IsRead(ServerState state, long version)
    {
        foreach (var shard in state.Shards)
            foreach (var key in shard.Orders)
                if (key.Version == version) return true;
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

    /// <summary>A node is to be handed out again, before all others.</summary>
    internal static ServerState PutBack(ServerState state, TreeNode node) =>
        state with { Round = state.Round! with { Waiting = state.Round.Waiting.Insert(0, node) } };

    /// <summary>The units after one of them has answered an order; the same array when it did not have it.</summary>
    internal static ImmutableArray<ShardSlot> WithoutOrder(ServerState state, ShardId shard, WorkKey key, TimeSpan now)
    {
        var shards = state.Shards;
        for (var i = 0; i < shards.Length; i++)
        {
            if (shards[i].Id != shard) continue;
            if (!shards[i].Orders.Contains(key)) return shards;
            var isGradient = key.Kind == WorkKind.Gradient && state.Round is { } round && key == state.KeyOf(key.Node);
            var rows = isGradient ? state.Round!.Tree.RowsOf(key.Node).Count : 0;
            return shards.SetItem(i, shards[i].Without(key, now, rows) with { Failures = 0 });
        }
        return shards;
    }

    private static void Give(ServerState state, ShardSlot[] shards, int index, TreeNode node, List<ServerEffect> effects, TimeSpan now)
    {
        var key = state.KeyOf(node);
        shards[index] = shards[index].With(key, now);
        effects.Add(new SendWork(shards[index].Id, OrderOf(state, key)));
    }

    private static WorkOrder OrderOf(ServerState state, WorkKey key)
    {
        var (start, count) = state.Round!.Tree.RowsOf(key.Node);
        return key.Kind switch
        {
            WorkKind.Gradient => new GradientOrder(key, state.Training.Parameters),
            WorkKind.Update => new UpdateOrder(key, state.Round.StepEnd!.Update, start, count),
            WorkKind.Evaluation => new EvaluationOrder(key, state.Training.Parameters),
        };
    }

    private static bool CanTake(ShardSlot shard, WorkKind kind) => shard.IsIdle && !(kind == WorkKind.Update && shard.IsRemote);

    private static List<int> Idle(ServerState state, WorkKind kind)
    {
        var units = new List<int>(state.Shards.Length);
        for (var i = 0; i < state.Shards.Length; i++)
            if (CanTake(state.Shards[i], kind)) units.Add(i);
        return units;
    }

    // Shards of one process are equally fast; how long each took lately is noise. Who was never measured is taken to be
    // as fast, for each of its cores, as the others are.
    private static double[] Costs(ServerState state, List<int> units)
    {
        var costs = new double[units.Count];
        var (sum, measured, hasRemote) = (0.0, 0, false);
        foreach (var unit in units)
        {
            var shard = state.Shards[unit];
            hasRemote |= shard.IsRemote;
            if (shard.RowCost == 0) continue;
            sum += shard.RowCost * shard.Cores;
            measured++;
        }
        var usual = measured == 0 ? 1 : sum / measured;
        for (var i = 0; i < costs.Length; i++)
        {
            var shard = state.Shards[units[i]];
            costs[i] = hasRemote && shard.RowCost > 0 ? shard.RowCost : usual / shard.Cores;
        }
        return costs;
    }

    private static bool IsLate(ServerState state, ShardSlot shard, TimeSpan now)
    {
        var rows = 0;
        foreach (var key in shard.Orders)
            if (key == state.KeyOf(key.Node)) rows += state.Round!.Tree.RowsOf(key.Node).Count;
        var expected = TimeSpan.FromMicroseconds(shard.RowCost * rows);
        return now - shard.BusySince > (shard.RowCost == 0 ? FirstPatience : Patience + (LateFactor * expected));
    }
}
