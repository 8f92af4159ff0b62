using System.Runtime.InteropServices;

namespace ActorTrain.Server;

/// <summary>
/// The common part of <see cref="Asynchronous"/> and <see cref="StaleSynchronous"/>, as pure functions of the server's
/// state. A minibatch keeps its key, hence the version it is computed from, until it is applied, whoever computes it
/// and however often: so an answer is worth the same from everybody, and counts once.
/// </summary>
internal static class Flows
{
    /// <summary>Begins to hand out the minibatches before the next barrier.</summary>
    public static Transition Begin(ServerState state, IReadOnlyList<ServerEffect> before, TimeSpan now)
    {
        Flow flow = new(state.Training, state.StepsDone, state.NextBarrier, [], []);
        return HandOut(new(state with { Flow = flow, Failures = 0 }, before), now);
    }

    /// <summary>Gives each idle unit what waits, else the next minibatch if the strategy allows it.</summary>
    public static Transition HandOut(Transition transition, TimeSpan now)
    {
        var (state, before) = transition;
        var flow = state.Flow!;
        List<ServerEffect>? effects = null;
        ShardSlot[]? shards = null;
        for (var i = 0; i < state.Shards.Length; i++)
        {
            if (!state.Shards[i].IsIdle) continue;
            if (Next(state, ref flow) is not { } order) break;
            effects ??= [.. before];
            shards ??= state.Shards.ToArray();
            shards[i] = shards[i].With(order.Key, now);
            Rounds.Send(state, effects, shards[i], order);
        }
        return shards is null
            ? transition
            : new(state with { Shards = ImmutableCollectionsMarshal.AsImmutableArray(shards), Flow = flow }, effects!);
    }

    /// <summary>Applies a gradient that is wanted.</summary>
    public static Transition Apply(ServerState state, GradientAnswer answer, TimeSpan now, VectorPool pool)
    {
        var (before, flow) = (state.Training, state.Flow!);
        var end = StepEnd.Of(state.Plan, before, [answer], pool);
        if (before.Version != flow.Start.Version) state = Replace(state, before, pool);
        flow = flow with
        {
            Open = flow.Open.Remove(flow.Find(answer.Key)!),
            Waiting = flow.Waiting.Remove(answer.Key),
        };
        state = Recording.Close(state with
        {
            Training = end.Apply(state.Plan, before),
            Flow = flow,
            Failures = 0,
        }).Release(pool);
        ServerEffect[] effects = [new ApplyUpdate(end.Update), new ReportStep(state.Training)];
        return state.Flow!.IsDrained
            ? ParameterServer.AtBarrier(WithoutFlow(state, pool), effects, now, pool)
            : HandOut(new(state, effects), now);
    }

    /// <summary>Hands out nothing new; what is handed out is still applied.</summary>
    public static Transition Drain(ServerState state, TimeSpan now, VectorPool pool)
    {
        var flow = state.Flow! with { End = state.Flow.Next };
        return flow.IsDrained
            ? ParameterServer.AtBarrier(WithoutFlow(state, pool), [], now, pool)
            : new(state with { Flow = flow }, []);
    }

    /// <summary>
    /// Nobody will compute what is open. Where minibatches after it are applied already, the run is at no place that it
    /// could go on from: it goes back to the barrier before.
    /// </summary>
    public static Transition Leave(ServerState state, IReadOnlyList<ServerEffect> before, VectorPool pool)
    {
        var flow = state.Flow!;
        if (flow.Open[0].Key.Step == state.StepsDone) return new(WithoutFlow(state, pool), before);
        var start = state.Plan.StepsDone(flow.Start.Position);
        return new(
            state with { Flow = null, Training = flow.Start, Contributions = [] },
            [.. before, new ReportWentBack(state.StepsDone, start, "nobody is left for what was handed out")]);
    }

    // The next barrier is reached: nothing goes back behind it.
    private static ServerState WithoutFlow(ServerState state, VectorPool pool)
    {
        var start = state.Flow!.Start;
        state = state with { Flow = null };
        return start.Version == state.Training.Version ? state : Replace(state, start, pool).Release(pool);
    }

    // Units read parameters only, as long as one of them has an order of that version; moments are the server's own.
    private static ServerState Replace(ServerState state, TrainingState old, VectorPool pool)
    {
        foreach (var moment in old.Optimizer.Moments) pool.Return(moment);
        return state with { Kept = state.Kept.Add(new(old.Version, old.Parameters)) };
    }

    private static GradientOrder? Next(ServerState state, ref Flow flow)
    {
        if (!flow.Waiting.IsEmpty)
        {
            var waiting = flow.Find(flow.Waiting[0])!;
            flow = flow with { Waiting = flow.Waiting.RemoveAt(0) };
            return waiting;
        }
        var version = state.Training.Version;
        if (flow.Next == flow.End) return null;
        if (state.Plan.Recipe.Strategy is StaleSynchronous strategy
            && !strategy.MayHandOut(version, flow.Open.AsSpan()))
            return null;
        var root = state.Plan.TreeOf(state.Plan.PositionOf(flow.Next).Step).Root;
        var order = new GradientOrder(
            new(state.Incarnation, version, flow.Next, WorkKind.Gradient, root), state.Training.Parameters);
        flow = flow with { Next = flow.Next + 1, Open = flow.Open.Add(order) };
        return order;
    }
}
