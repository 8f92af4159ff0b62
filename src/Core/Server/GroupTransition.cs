namespace ActorTrain.Server;

/// <summary>A transition of an <see cref="Aggregator"/> in the making: nobody else sees it change.</summary>
internal sealed class GroupTransition(AggregatorState state)
{
    // An aggregator sees to those who are late before its server takes itself to be.
    private const double Patience = 0.5;

    /// <summary>As far as it has come.</summary>
    public AggregatorState State { get; set; } = state;

    /// <summary>What to do in the group.</summary>
    public List<ServerEffect> Effects { get; } = [];

    /// <summary>The work that wants an answer of this key; none: nobody does.</summary>
    public int? IndexOf(WorkKey key)
    {
        for (var i = 0; i < State.Works.Length; i++)
            if (WorkerNode.IsPart(State.Works[i], key)) return i;
        return null;
    }

    /// <summary>What was handed out and is still wanted waits again, unless somebody else works on it.</summary>
    public bool PutBack(WorkKey key)
    {
        if (IsHeld(key) || IndexOf(key) is not { } index) return false;
        var work = State.Works[index];
        work = work with { Waiting = work.Waiting.Insert(0, key.Node) };
        State = State with { Works = State.Works.SetItem(index, work) };
        return true;
    }

    /// <summary>A unit is done with an order, and was heard of.</summary>
    public void Free(ShardId id, WorkKey key, TimeSpan now, TimeSpan computing, int failures = 0)
    {
        for (var i = 0; i < State.Units.Length; i++)
        {
            var unit = State.Units[i];
            if (unit.Id != id || !unit.Orders.Contains(key)) continue;
            var rows = failures > 0 || key.Kind == WorkKind.Evaluation ? 0 : RowsOf(key);
            State = State with
            {
                Units = State.Units.SetItem(
                    i, unit.Without(key, now, rows, computing) with { Failures = failures }),
            };
        }
    }

    /// <summary>Gives what waits to whoever is idle, and begins with the next orders while somebody is.</summary>
    public AggregatorTransition HandOut(TimeSpan now)
    {
        for (var i = 0; i < State.Works.Length; i++)
        {
            if (State.Works[i].Parts.IsEmpty && !TryDivide(i, now)) break;
            GiveParts(i, now);
        }
        return new(State, Effects, []);
    }

    /// <summary>What is late is given to somebody idle too; whoever answers first, counts.</summary>
    public AggregatorTransition HandOutLate(TimeSpan now)
    {
        for (var i = 0; i < State.Works.Length; i++)
        {
            var work = State.Works[i];
            if (!work.Waiting.IsEmpty) continue;
            foreach (var node in work.Parts)
            {
                var key = work.Order.Key with { Node = node };
                var holder = State.Units.FirstOrDefault(u => u.Orders.Contains(key));
                if (holder is null || !WorkerNode.IsPart(work, key) || !AreAllLate(key, now)) continue;
                if (Array.FindIndex([.. State.Units], u => CanTake(u, key)) is var idle and >= 0)
                {
                    Effects.Add(new ReportReassignment(
                        holder.Id, key, $"no answer for {(now - holder.BusySince).TotalSeconds:F1} s"));
                    Give(idle, work.Order, key, now);
                }
            }
        }
        return new(State, Effects, []);
    }

    /// <summary>How many microbatches a key of a work stands for; 0 where it is no training.</summary>
    public int MicrobatchesOf(WorkKey key) => key.Kind switch
    {
        WorkKind.Gradient => WorkerNode.TreeOf(State.Plan, key).LeafCount(key.Node),
        WorkKind.LocalSteps when IndexOf(key) is { } index =>
            ((LocalStepsOrder)State.Works[index].Order).Steps * State.Plan.Recipe.Microbatches,
        _ => 0,
    };

    // Gradients of a version stay readable until their unit gets an order of another one: one version at a time.
    // Whoever still works on another version is left out.
    private bool TryDivide(int index, TimeSpan now)
    {
        var (order, key) = (State.Works[index].Order, State.Works[index].Order.Key);
        if (State.Works.Any(w => !w.Parts.IsEmpty && !IsSameVersion(w.Order.Key, key))) return false;
        List<int> units = [.. Enumerable.Range(0, State.Units.Length)
            .Where(i => State.Units[i].Orders.All(k => IsSameVersion(k, key)))];
        HashSet<int> idle = [.. units.Where(i => CanTake(State.Units[i], key))];
        if (idle.Count == 0) return false;
        // Local steps follow one another: an order of them is one unit's.
        var parts = order is LocalStepsOrder ? [(key.Node, idle.First())] : Divide(key, units);
        List<TreeNode> waiting = [];
        foreach (var (node, owner) in parts)
        {
            var part = key with { Node = node };
            // Somebody may still be at it, from before the way to the server was lost.
            if (IsHeld(part)) continue;
            if (idle.Contains(owner)) Give(owner, order, part, now);
            else waiting.Add(node);
        }
        var work = new NodeWork(order, [.. parts.Select(p => p.Node)], [.. waiting], []);
        State = State with { Works = State.Works.SetItem(index, work) };
        return true;
    }

    // As a server divides a whole tree.
    private List<(TreeNode Node, int Owner)> Divide(WorkKey key, List<int> units)
    {
        var tree = WorkerNode.TreeOf(State.Plan, key);
        var includeSlow = key.Version % Rounds.StepsBetweenProbes == 0;
        if (!includeSlow) units = Rounds.WithoutTooSlow(State.Units, units, tree.LeafCount(key.Node));
        var costs = Rounds.Costs(State.Units, units, unit => unit.SpeedCost);
        return [.. GroupDivision.Divide(tree, key.Node, costs, includeSlow).Select(p => (p.Node, units[p.Owner]))];
    }

    private void GiveParts(int index, TimeSpan now)
    {
        var work = State.Works[index];
        var given = 0;
        for (var i = 0; i < State.Units.Length && given < work.Waiting.Length; i++)
            if (CanTake(State.Units[i], work.Order.Key))
                Give(i, work.Order, work.Order.Key with { Node = work.Waiting[given++] }, now);
        work = work with { Waiting = work.Waiting.RemoveRange(0, given) };
        State = State with { Works = State.Works.SetItem(index, work) };
    }

    private void Give(int unit, WorkOrder order, WorkKey key, TimeSpan now)
    {
        State = State with { Units = State.Units.SetItem(unit, State.Units[unit].With(key, now)) };
        Effects.Add(new SendWork(State.Units[unit].Id, WorkerNode.PartOf(order, key)));
    }

    // Each core of a member makes local steps of its own.
    private static bool CanTake(ShardSlot unit, WorkKey key) => unit.IsIdle
        || (key.Kind == WorkKind.LocalSteps && unit.Orders.Length < unit.Cores && !unit.Orders.Contains(key)
            && unit.Orders.All(k => k.Kind == WorkKind.LocalSteps && IsSameVersion(k, key)));

    private bool AreAllLate(WorkKey key, TimeSpan now)
    {
        foreach (var unit in State.Units)
        {
            if (!unit.Orders.Contains(key)) continue;
            var rows = 0;
            foreach (var order in unit.Orders) rows += RowsOf(order);
            if (!Rounds.IsLate(unit, rows, now, Patience)) return false;
        }
        return true;
    }

    private bool IsHeld(WorkKey key)
    {
        foreach (var unit in State.Units)
            if (unit.Orders.Contains(key)) return true;
        return false;
    }

    // Rows of a part that is wanted; 0 of any other.
    private int RowsOf(WorkKey key) => IndexOf(key) is not { } index
        ? 0
        : State.Works[index].Order is LocalStepsOrder o
            ? o.Steps * State.Plan.Recipe.BatchSize
            : WorkerNode.TreeOf(State.Plan, key).RowsOf(key.Node).Count;

    private static bool IsSameVersion(WorkKey a, WorkKey b) =>
        (a.Incarnation, a.Version) == (b.Incarnation, b.Version);
}
