namespace ActorTrain.Server;

/// <summary>
/// The rules of an aggregator: a worker node that has workers. Towards its server it is one worker node, as fast as all
/// of its group: it answers each order once. Towards its group it is a server: it divides an order's subtree among its
/// own shards and its members by their measured speed, hands out again what is lost or late, and sums what comes along
/// the tree. A pure transition; the memory that a sum lies in is lent.
/// </summary>
public static class Aggregator
{
    /// <summary>Decides what something means that comes from the server.</summary>
    /// <param name="state">Before it.</param>
    /// <param name="event">What happened.</param>
    /// <param name="now">When, on any clock that never goes back.</param>
    public static AggregatorTransition Step(AggregatorState state, WorkerEvent @event, TimeSpan now) => @event switch
    {
        OrderArrived e => Take(state, e.Order, now),
        // What the group still computes is nobody's, unless the same order comes again meanwhile.
        ServerLost => new(state with { Works = [] }, [], []),
        _ => throw new System.Diagnostics.UnreachableException(
            $"Aggregator.Step has no arm for {@event.GetType().Name}; add one."),
    };

    /// <summary>Decides what something means that comes from the group, or that time has passed.</summary>
    /// <param name="state">Before it.</param>
    /// <param name="event">What happened.</param>
    /// <param name="now">When, on any clock that never goes back.</param>
    /// <param name="sums">Where sums of several units' gradients lie.</param>
    public static AggregatorTransition Step(
        AggregatorState state, ServerEvent @event, TimeSpan now, NodeSums sums) => @event switch
        {
            WorkAnswered e => Answer(state, e, now, sums),
            WorkFailed e => Fail(state, e, now),
            ShardJoined e => Join(state, e, now),
            ShardLost e => Lose(state, e.Shard, e.Reason, now).HandOut(now),
            Ticked => new GroupTransition(state).HandOutLate(now),
            _ => throw new System.Diagnostics.UnreachableException(
                $"Aggregator.Step has no arm for {@event.GetType().Name}; add one."),
        };

    // Orders of a server that another one has replaced are ignored, and forgotten when the new one's come.
    private static AggregatorTransition Take(AggregatorState state, WorkOrder order, TimeSpan now)
    {
        if (order.Key.Incarnation < state.Incarnation) return new(state, [], []);
        if (order.Key.Incarnation > state.Incarnation)
        {
            // Measured anew: what the shards did before was a rehearsal, or for somebody who is gone.
            state = state with
            {
                Incarnation = order.Key.Incarnation,
                Units = [.. state.Units.Select(u => u with { RowCost = 0, ComputeCost = 0 })],
                Works = [],
            };
        }
        foreach (var work in state.Works)
            if (work.Order.Key == order.Key) return new(state, [], []);
        state = state with { Works = state.Works.Add(new(order, [], [], [])), Step = order.Key.Step };
        return new GroupTransition(state).HandOut(now);
    }

    private static AggregatorTransition Join(AggregatorState state, ShardJoined e, TimeSpan now)
    {
        var former = state.Units.FirstOrDefault(u => u.Id.Name == e.Shard.Name);
        if (former is not null && former.Id.Incarnation >= e.Shard.Incarnation) return new(state, [], []);
        var group = former is null
            ? new GroupTransition(state)
            : Lose(state, former.Id, "it came back as a new one", now);
        group.State = group.State with
        {
            Units = group.State.Units.Add(new(
                e.Shard, e.Cores, e.IsRemote, [], now, now, RowCost: 0,
                group.State.FailuresOfLost.GetValueOrDefault(e.Shard.Name))),
            FailuresOfLost = group.State.FailuresOfLost.Remove(e.Shard.Name),
        };
        if (e.IsRemote) group.Effects.Add(new ReportJoined(e.Shard, e.Cores, state.Step));
        return group.HandOut(now);
    }

    private static GroupTransition Lose(AggregatorState state, ShardId id, string reason, TimeSpan now)
    {
        var group = new GroupTransition(state);
        var unit = state.Units.FirstOrDefault(u => u.Id == id);
        if (unit is null) return group;
        group.State = state with
        {
            Units = state.Units.Remove(unit),
            FailuresOfLost = unit is { IsRemote: true, Failures: > 0 }
                ? state.FailuresOfLost.SetItem(id.Name, unit.Failures)
                : state.FailuresOfLost,
        };
        var microbatches = 0;
        foreach (var key in unit.Orders)
            if (group.PutBack(key)) microbatches += group.MicrobatchesOf(key);
        group.Effects.Add(new ReportLost(id, state.Step, now - unit.HeardAt, microbatches, reason));
        return group;
    }

    private static AggregatorTransition Answer(
        AggregatorState state, WorkAnswered e, TimeSpan now, NodeSums sums)
    {
        var group = new GroupTransition(state);
        group.Free(e.Shard, e.Answer.Key, now, e.Answer.Computing);
        if (group.IndexOf(e.Answer.Key) is not { } index) return group.HandOut(now);
        var work = state.Works[index];
        work = work with
        {
            Answers = work.Answers.With(e.Answer),
            Waiting = work.Waiting.Remove(e.Answer.Key.Node),
        };
        if (work.Answers.Length < work.Parts.Length)
        {
            group.State = group.State with { Works = state.Works.SetItem(index, work) };
            return group.HandOut(now);
        }
        var whole = work.Parts.Length == 1
            ? e.Answer
            : sums.Of(state.Plan, work) with { Computing = WorkerNode.ComputingOf(work, state.Units.Length) };
        group.State = group.State with { Works = state.Works.RemoveAt(index) };
        return group.HandOut(now) with { ToServer = [new SendAnswer(whole)] };
    }

    // What a member fails at, another one does; its own shards' failures are the server's to judge, as any worker's.
    private static AggregatorTransition Fail(AggregatorState state, WorkFailed e, TimeSpan now)
    {
        var unit = state.Units.FirstOrDefault(u => u.Id == e.Shard);
        if (unit is null || !unit.Orders.Contains(e.Key)) return new(state, [], []);
        var failures = unit.Failures + 1;
        if (unit.IsRemote && failures >= ParameterServer.MaxFailuresOfNode) return Dismiss(state, unit, e, now);
        var group = new GroupTransition(state);
        group.Free(e.Shard, e.Key, now, computing: default, failures);
        if (!unit.IsRemote && group.IndexOf(e.Key) is { } index)
        {
            group.State = group.State with { Works = state.Works.RemoveAt(index) };
            return group.HandOut(now) with
            {
                ToServer = [new SendFailure(state.Works[index].Order.Key, $"{e.Shard}: {e.Reason}")],
            };
        }
        if (group.PutBack(e.Key)) group.Effects.Add(new ReportReassignment(e.Shard, e.Key, e.Reason));
        return group.HandOut(now);
    }

    private static AggregatorTransition Dismiss(AggregatorState state, ShardSlot unit, WorkFailed e, TimeSpan now)
    {
        var reason = $"it failed {unit.Failures + 1} times, the last time with {e.Reason}";
        var group = Lose(state, unit.Id, reason, now);
        group.Effects.Add(new DismissNode(unit.Id, reason));
        return group.HandOut(now);
    }
}
