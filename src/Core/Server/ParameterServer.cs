using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace ActorTrain.Server;

/// <summary>
/// The rules of synchronous training: which work is handed out to whom, when a step is complete, what follows. A pure
/// transition: reads no clock, sends nothing; the pool only says which memory the next version lies in.
/// </summary>
public static class ParameterServer
{
    /// <summary>Failures in one round after which a run is given up: work that always throws would be handed out for ever.</summary>
    public const int MaxFailuresPerRound = 8;

    /// <summary>
    /// Runs of an update (<see cref="ParameterUpdate.RunLength"/> elements each) from which on it is worth a round of its
    /// own, divided among the shards: below, the round costs more than the server's own pass.
    /// </summary>
    public const int MinRunsToDivide = 32;

    /// <summary>Decides what an event means.</summary>
    public static Transition Step(ServerState state, ServerEvent @event, VectorPool pool) => @event switch
    {
        _ when !state.IsAlive => new(state, []),
        ShardJoined e => Join(state, e.Shard),
        ShardLost e => Lose(state, e.Shard),
        WorkAnswered e => Answer(state, e.Shard, e.Answer, pool),
        WorkFailed e => Fail(state, e),
        StopRequested => Stop(state),
        _ => throw new System.Diagnostics.UnreachableException($"ParameterServer.Step has no arm for {@event.GetType().Name}; add one."),
    };

    private static Transition Join(ServerState state, ShardId shard)
    {
        if (state.Shards.Any(s => s.Id == shard)) return new(state, []);
        var (next, effects) = Lose(state, state.Shards.FirstOrDefault(s => s.Id.Name == shard.Name)?.Id ?? shard);
        next = next with { Shards = next.Shards.Add(new(shard, Working: null)) };
        if (next.Phase == RunPhase.Running) return HandOut(next, effects);
        return next.Shards.Length < next.ShardsToBegin ? new(next, effects) : Begin(next with { Phase = RunPhase.Running });
    }

    private static Transition Begin(ServerState state) => state.Plan.IsEnd(state.Training.Position)
        ? BeginRound(state, WorkKind.Evaluation, [])
        : BeginRound(state, WorkKind.Gradient, [new SaveCheckpoint(state.Training)]);

    private static Transition Lose(ServerState state, ShardId shard)
    {
        var slot = state.Shards.FirstOrDefault(s => s.Id == shard);
        if (slot is null) return new(state, []);
        state = state with { Shards = state.Shards.Remove(slot) };
        return slot.Working is { } key ? HandOutAgain(state, shard, key, "the shard is gone") : new(state, []);
    }

    private static Transition Fail(ServerState state, WorkFailed e)
    {
        var slot = state.Shards.FirstOrDefault(s => s.Id == e.Shard);
        if (slot?.Working != e.Key) return new(state, []);
        state = state with { Shards = state.Shards.Replace(slot, slot with { Working = null }), Failures = state.Failures + 1 };
        if (state.Failures < MaxFailuresPerRound) return HandOutAgain(state, e.Shard, e.Key, e.Reason);
        state = state with { Phase = RunPhase.Failed };
        return new(state, [new EndRun(RunPhase.Failed, state.Training, null, $"{e.Key} failed {state.Failures} times; the last time on {e.Shard}: {e.Reason}")]);
    }

    private static Transition Stop(ServerState state)
    {
        state = state with { StopRequested = true };
        return state.Phase == RunPhase.Gathering ? End(state, RunPhase.Stopped, null, []) : new(state, []);
    }

    private static Transition Answer(ServerState state, ShardId shard, WorkAnswer answer, VectorPool pool)
    {
        var shards = WithoutWork(state.Shards, shard, answer.Key);
        if (shards != state.Shards) state = state with { Shards = shards };
        // Whoever else has the order will still write into the new vectors: only its own answer says that it is done.
        else if (answer is UpdateAnswer) return new(state, []);
        if (!IsWanted(state, answer.Key)) return HandOut(state, []);
        var round = state.Round! with
        {
            Answers = Insert(state.Round.Answers, answer),
            Waiting = state.Round.Waiting.Remove(answer.Key.Node),
        };
        state = state with { Round = round };
        if (!round.IsComplete) return HandOut(state, []);
        return round.Kind switch
        {
            WorkKind.Gradient => EndGradient(state, round, pool),
            WorkKind.Update => EndStep(state, round.StepEnd!, pool),
            WorkKind.Evaluation => EndEvaluation(state, round),
        };
    }

    private static Transition EndGradient(ServerState state, Round round, VectorPool pool)
    {
        var answers = new GradientAnswer[round.Answers.Length];
        for (var i = 0; i < answers.Length; i++) answers[i] = (GradientAnswer)round.Answers[i];
        var end = StepEnd.Of(state.Plan, state.Training, answers, pool);
        if (state.Shards.Length > 1 && end.Update.Runs >= MinRunsToDivide)
            return BeginRound(state, WorkKind.Update, [], end);
        end.Update.Apply(firstRun: 0, end.Update.Runs);
        return EndStep(state, end, pool);
    }

    private static Transition EndStep(ServerState state, StepEnd end, VectorPool pool)
    {
        var before = state.Training;
        var after = end.Apply(state.Plan, before);
        // A shard whose order was handed out again may still read the old version; then its memory is left to it.
        if (AllIdle(state.Shards)) before.ReturnTo(pool);
        else before.LeaveOutOf(pool);
        state = state with { Training = after, Round = null };
        List<ServerEffect> effects = [new ReportStep(after)];
        if (after.Position.Step == 0 || state.Plan.IsEnd(after.Position)) return BeginRound(state, WorkKind.Evaluation, effects);
        return state.StopRequested ? End(state, RunPhase.Stopped, null, effects) : BeginRound(state, WorkKind.Gradient, effects);
    }

    private static Transition EndEvaluation(ServerState state, Round round)
    {
        var evaluation = SumOf(round);
        List<ServerEffect> effects = [];
        if (state.Training.Position.Step == 0 && state.Training.Totals.Seen > 0)
        {
            state = state with { Training = EpochEnd.Apply(state.Plan, state.Training, evaluation) };
            effects.Add(new ReportEpoch(state.Training.History[^1]));
        }
        state = state with { Round = null };
        if (state.Plan.IsEnd(state.Training.Position)) return End(state, RunPhase.Finished, evaluation, effects);
        if (state.StopRequested) return End(state, RunPhase.Stopped, null, effects);
        effects.Add(new SaveCheckpoint(state.Training));
        return BeginRound(state, WorkKind.Gradient, effects);
    }

    private static Transition End(ServerState state, RunPhase phase, Evaluation? evaluation, List<ServerEffect> effects)
    {
        effects.Add(new SaveCheckpoint(state.Training));
        effects.Add(new EndRun(phase, state.Training, evaluation, null));
        return new(state with { Phase = phase }, effects);
    }

    private static Transition BeginRound(ServerState state, WorkKind kind, List<ServerEffect> effects, StepEnd? end = null)
    {
        var tree = kind switch
        {
            WorkKind.Gradient => state.Plan.TreeOf(state.Training.Position.Step),
            WorkKind.Update => new(end!.Update.Runs, state.Shards.Length),
            WorkKind.Evaluation => state.Plan.EvaluationTree,
        };
        var nodes = tree.Divide(Math.Max(1, state.Shards.Length));
        return HandOut(state with { Round = new(kind, tree, nodes, nodes, [], end), Failures = 0 }, effects);
    }

    private static Transition HandOutAgain(ServerState state, ShardId shard, WorkKey key, string reason)
    {
        if (!IsWanted(state, key)) return new(state, []);
        state = state with { Round = state.Round! with { Waiting = state.Round.Waiting.Insert(0, key.Node) } };
        return HandOut(state, [new ReportReassignment(shard, key, reason)]);
    }

    private static Transition HandOut(ServerState state, IReadOnlyList<ServerEffect> before)
    {
        if (state.Round is not { Waiting.IsEmpty: false } round) return new(state, before);
        List<ServerEffect> effects = [.. before];
        var shards = state.Shards.ToArray();
        var given = 0;
        for (var i = 0; i < shards.Length && given < round.Waiting.Length; i++)
        {
            if (shards[i].Working is not null) continue;
            var key = state.KeyOf(round.Waiting[given++]);
            shards[i] = shards[i] with { Working = key };
            effects.Add(new SendWork(shards[i].Id, OrderOf(state.Training, round, key)));
        }
        state = state with
        {
            Shards = ImmutableCollectionsMarshal.AsImmutableArray(shards),
            Round = round with { Waiting = round.Waiting.RemoveRange(0, given) },
        };
        return new(state, effects);
    }

    private static WorkOrder OrderOf(TrainingState training, Round round, WorkKey key)
    {
        var (start, count) = round.Tree.RowsOf(key.Node);
        return key.Kind switch
        {
            WorkKind.Gradient => new GradientOrder(key, training.Position, training.Parameters),
            WorkKind.Update => new UpdateOrder(key, round.StepEnd!.Update, start, count),
            WorkKind.Evaluation => new EvaluationOrder(key, training.Parameters),
        };
    }

    // Wanted once: of this incarnation, version and round, one of its nodes, not answered yet.
    private static bool IsWanted(ServerState state, WorkKey key)
    {
        if (state.Round is not { } round || key != state.KeyOf(key.Node) || !round.Nodes.Contains(key.Node)) return false;
        foreach (var answer in round.Answers)
            if (answer.Key == key) return false;
        return true;
    }

    // Loops, not LINQ, on the way of every answer: both shards wait meanwhile.
    private static ImmutableArray<ShardSlot> WithoutWork(ImmutableArray<ShardSlot> shards, ShardId shard, WorkKey key)
    {
        for (var i = 0; i < shards.Length; i++)
            if (shards[i].Id == shard) return shards[i].Working == key ? shards.SetItem(i, shards[i] with { Working = null }) : shards;
        return shards;
    }

    private static bool AllIdle(ImmutableArray<ShardSlot> shards)
    {
        foreach (var shard in shards)
            if (shard.Working is not null) return false;
        return true;
    }

    private static ImmutableArray<WorkAnswer> Insert(ImmutableArray<WorkAnswer> answers, WorkAnswer answer)
    {
        var index = 0;
        while (index < answers.Length && answers[index].Key.Node.FirstLeaf < answer.Key.Node.FirstLeaf) index++;
        return answers.Insert(index, answer);
    }

    private static Evaluation SumOf(Round round)
    {
        var parts = round.Answers.Cast<EvaluationAnswer>().ToList();
        var loss = new TreeSum(round.Tree, [.. parts.Select(p => p.Key.Node)]).Of([.. parts.Select(p => p.Evaluation.LossSum)]);
        return parts.Select(p => p.Evaluation).Aggregate((a, b) => a.Plus(b)) with { LossSum = loss };
    }
}
