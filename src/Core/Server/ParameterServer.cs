namespace ActorTrain.Server;

/// <summary>
/// The rules of training: what an event means for the run. A pure transition: reads no clock, sends nothing; the pool
/// only says which memory the next version lies in, and an effect says when it is written. Who gets which work is the
/// part of the recipe's <see cref="Strategy"/>, of <see cref="Rounds"/> and of <see cref="Flows"/>.
/// </summary>
public static class ParameterServer
{
    /// <summary>
    /// Failures of the server's own shards in one round after which a run is given up: work that always throws would be
    /// handed out for ever.
    /// </summary>
    public const int MaxFailuresPerRound = 8;

    /// <summary>
    /// Failures of a worker node, without an answer between them, after which it takes no part any more: with one that
    /// always fails no round would end, while the others could do its work. A run whose last node goes so waits for
    /// another one.
    /// </summary>
    public const int MaxFailuresOfNode = 5;

    /// <summary>
    /// Runs of an update (<see cref="ParameterUpdate.RunLength"/> elements each) from which on it is worth a round of
    /// its own, divided among the server's own shards: below, the round costs more than the server's own pass.
    /// </summary>
    public const int MinRunsToDivide = 32;

    /// <summary>Decides what an event means.</summary>
    /// <param name="state">Before it.</param>
    /// <param name="event">What happened.</param>
    /// <param name="now">When, on any clock that never goes back.</param>
    /// <param name="pool">Where new vectors are taken from.</param>
    public static Transition Step(ServerState state, ServerEvent @event, TimeSpan now, VectorPool pool) =>
        state.IsAlive ? EndIfDeserted(Take(state, @event, now, pool), pool) : new(state, []);

    private static Transition Take(
        ServerState state, ServerEvent @event, TimeSpan now, VectorPool pool) => @event switch
        {
            WorkAnswered e when SplitRounds.MustHold(state, e.Answer) => SplitRounds.Hold(state, e),
            WorkAnswered e => Answer(state, e.Shard, e.Answer, now, pool),
            PushConfirmed e => SplitRounds.Confirm(
                state, e, (at, held) => Answer(at, held.Shard, held.Answer, now, pool)),
            RangesHeld => new(state, [new GiveRanges(state.Training)]),
            RangesCollected e => SplitRounds.Take(state, e, now, pool),
            RangeLost e => GoBack(state, e.Incarnation),
            Ticked => Rounds.HandOutLate(state, now),
            ShardJoined e => Join(state, e, now, pool),
            ShardLost e => Rounds.HandOut(Lose(state, e.Shard, e.Reason, now, pool), now),
            WorkFailed e => Fail(state, e, now, pool),
            CheckpointSettled e => Settle(state, e.StepsDone, now, pool),
            StopRequested => Stop(state, now, pool),
            _ => throw new System.Diagnostics.UnreachableException(
                $"ParameterServer.Step has no arm for {@event.GetType().Name}; add one."),
        };

    private static Transition Join(ServerState state, ShardJoined e, TimeSpan now, VectorPool pool)
    {
        var former = state.Shards.FirstOrDefault(s => s.Id.Name == e.Shard.Name);
        if (former is not null && former.Id.Incarnation >= e.Shard.Incarnation) return new(state, []);
        var (next, effects) = former is null
            ? new(state, [])
            : Lose(state, former.Id, "it came back as a new one", now, pool);
        var failures = next.FailuresOfLost.GetValueOrDefault(e.Shard.Name);
        next = next with
        {
            Shards = next.Shards.Add(new(e.Shard, e.Cores, e.IsRemote, [], now, now, RowCost: 0, failures)
            {
                IsOnTrial = e.IsRemote && next is { Phase: RunPhase.Running, Plan.Recipe.Strategy: Synchronous },
            }),
            FailuresOfLost = next.FailuresOfLost.Remove(e.Shard.Name),
        };
        if (e.IsRemote) effects = [.. effects, new ReportJoined(e.Shard, e.Cores, next.StepsDone)];
        if (next.Phase == RunPhase.Running) return Rounds.HandOut(new(next, effects), now);
        return next.Shards.Length < next.ShardsToBegin
            ? new(next, effects)
            : Begin(next with { Phase = RunPhase.Running }, effects, now, pool);
    }

    private static Transition Begin(
        ServerState state, IReadOnlyList<ServerEffect> effects, TimeSpan now, VectorPool pool) =>
        Rounds.IsToEvaluate(state)
        ? Rounds.Begin(state, WorkKind.Evaluation, effects, now)
        : state.Plan.Recipe.Strategy.Begin(state, [.. effects, new SaveCheckpoint(state.Training)], now, pool);

    private static Transition Lose(
        ServerState state, ShardId shard, string reason, TimeSpan now, VectorPool pool)
    {
        var slot = state.Shards.FirstOrDefault(s => s.Id == shard);
        if (slot is null) return new(state, []);
        state = state with { Shards = state.Shards.Remove(slot) };
        if (slot is { IsRemote: true, Failures: > 0 })
            state = state with { FailuresOfLost = state.FailuresOfLost.SetItem(shard.Name, slot.Failures) };
        var microbatches = 0;
        foreach (var key in slot.Orders)
        {
            if (!Rounds.IsWanted(state, key) || Rounds.IsHeld(state, key)) continue;
            microbatches += Rounds.MicrobatchesOf(state, key);
            state = Rounds.PutBack(state, key, pool);
        }
        return new(state, [new ReportLost(shard, state.StepsDone, now - slot.HeardAt, microbatches, reason)]);
    }

    private static Transition Fail(ServerState state, WorkFailed e, TimeSpan now, VectorPool pool)
    {
        var slot = state.Shards.FirstOrDefault(s => s.Id == e.Shard);
        if (slot is null || !slot.Orders.Contains(e.Key)) return new(state, []);
        // What nobody waits for any more may have failed for want of the parameters that it was to be computed from, or
        // of another rank's part of a joint step: the first failure ends such a round, all others follow from it.
        var isWanted = Rounds.IsWanted(state, e.Key);
        var failures = slot.Failures + (isWanted ? 1 : 0);
        if (slot.IsRemote && failures >= MaxFailuresOfNode) return Dismiss(state, slot, failures, e.Reason, now, pool);
        state = state with
        {
            Shards = state.Shards.Replace(slot, slot.Without(e.Key, now, rows: 0) with { Failures = failures }),
            Failures = state.Failures + (isWanted && !slot.IsRemote ? 1 : 0),
        };
        if (state.Failures >= MaxFailuresPerRound)
        {
            var reason = $"{e.Key} failed {state.Failures} times; the last time on {e.Shard}: {e.Reason}";
            return new(
                state with { Phase = RunPhase.Failed }, [new EndRun(RunPhase.Failed, state.Training, null, reason)]);
        }
        if (!isWanted || Rounds.IsHeld(state, e.Key)) return Rounds.HandOut(new(state, []), now);
        state = Rounds.PutBack(state, e.Key, pool);
        return Rounds.HandOut(new(state, [new ReportReassignment(e.Shard, e.Key, e.Reason)]), now);
    }

    // Its failures are its own: they do not count against the run.
    private static Transition Dismiss(
        ServerState state, ShardSlot slot, int failures, string why, TimeSpan now, VectorPool pool)
    {
        var reason = $"it failed {failures} times, the last time with {why}";
        var (next, effects) = Lose(state, slot.Id, reason, now, pool);
        return Rounds.HandOut(new(next, [.. effects, new DismissNode(slot.Id, reason)]), now);
    }

    private static Transition Stop(ServerState state, TimeSpan now, VectorPool pool)
    {
        state = state with { StopRequested = true };
        if (state.Flow is not null) return Flows.Drain(state, now, pool);
        return state.Round is null ? EndStopped(state, []) : new(state, []);
    }

    private static Transition EndStopped(ServerState state, IReadOnlyList<ServerEffect> effects) =>
        SplitRounds.MustCollect(state)
        ? SplitRounds.Collect(state, effects)
        : End(state, RunPhase.Stopped, null, effects);

    private static Transition GoBack(ServerState state, long incarnation)
    {
        ReportWentBack report = new(
            state.StepsDone, state.Plan.StepsDone(state.Split!.Whole.Position), "it waits until every range has a ps");
        state = SplitRounds.GoBack(state, incarnation);
        return state.StopRequested ? EndStopped(state, [report]) : new(state, [report]);
    }

    // Nobody is left to finish what was handed out, and nobody wants it: the run ends where its last step ended. An
    // epoch that is not evaluated then is evaluated first when the run goes on.
    private static Transition EndIfDeserted(Transition transition, VectorPool pool)
    {
        var (state, effects) = transition;
        if (state is not { StopRequested: true, IsAlive: true, Shards.IsEmpty: true }) return transition;
        if (state.Flow is not null) (state, effects) = Flows.Leave(state, effects, pool);
        else if (state.Round is null) return transition;
        return EndStopped(state with { Round = null }, effects);
    }

    private static Transition Settle(ServerState state, long stepsDone, TimeSpan now, VectorPool pool)
    {
        var durability = state.Durability with { Settled = Math.Max(state.Durability.Settled, stepsDone) };
        if (durability == state.Durability) return new(state, []);
        state = state with { Durability = durability };
        var isWaiting = state is
        {
            Phase: RunPhase.Running, Round: null, Flow: null, Split: not { IsCollecting: true },
        };
        return isWaiting ? Continue(state, [], now, pool) : new(state, []);
    }

    private static Transition Answer(ServerState state, ShardId shard, WorkAnswer answer, TimeSpan now, VectorPool pool)
    {
        var shards = Rounds.WithoutOrder(state, shard, answer, now);
        if (shards != state.Shards) state = state with { Shards = shards };
        // Whoever else has the order will still write into the new vectors: only its own answer says that it is done.
        // And an answer that depends on what its unit has sent before counts as often as it was asked for, no more.
        else if (answer is UpdateAnswer || state.Plan.Recipe.Compression is not NoCompression) return new(state, []);
        var isWanted = Rounds.IsWanted(state, answer.Key);
        state = Recording.Note(state, shard, answer, isWanted);
        if (!isWanted) return Rounds.HandOut(new(state, []), now);
        if (state.Flow is not null) return Flows.Apply(state, (GradientAnswer)answer, now, pool);
        var round = state.Round! with
        {
            Answers = state.Round.Answers.With(answer),
            Waiting = state.Round.Waiting.Remove(answer.Key.Node),
        };
        state = state with { Round = round };
        if (!round.IsComplete) return Rounds.HandOut(new(state, []), now);
        return round.Kind switch
        {
            WorkKind.Gradient => EndGradient(state, round, now, pool),
            WorkKind.Update => EndRound(state, round.StepEnd!.Apply(state.Plan, state.Training), [], now, pool),
            WorkKind.Evaluation => EndEvaluation(state, round, now, pool),
            WorkKind.LocalSteps => EndLocalSteps(state, round, now, pool),
            WorkKind.Joint => EndJoint(state, round, now, pool),
        };
    }

    private static Transition EndGradient(ServerState state, Round round, TimeSpan now, VectorPool pool)
    {
        if (state.Split is not null) return SplitRounds.EndGradient(state, round, now, pool);
        var answers = new GradientAnswer[round.Answers.Length];
        for (var i = 0; i < answers.Length; i++) answers[i] = (GradientAnswer)round.Answers[i];
        var end = StepEnd.Of(state.Plan, state.Training, answers, pool);
        if (end.Update.Runs >= MinRunsToDivide && Rounds.CountLocal(state) > 1)
            return Rounds.Begin(state, WorkKind.Update, [], now, end);
        return EndRound(state, end.Apply(state.Plan, state.Training), [new ApplyUpdate(end.Update)], now, pool);
    }

    private static Transition EndJoint(ServerState state, Round round, TimeSpan now, VectorPool pool)
    {
        state = JointRounds.End(state, round, now, out var after);
        return EndRound(state, after, [], now, pool);
    }

    private static Transition EndLocalSteps(ServerState state, Round round, TimeSpan now, VectorPool pool)
    {
        var answers = new LocalStepsAnswer[round.Answers.Length];
        for (var i = 0; i < answers.Length; i++) answers[i] = (LocalStepsAnswer)round.Answers[i];
        return EndRound(
            state, LocalSgd.Average(state.Plan, state.Training, round.Tree.Rows, answers, pool), [], now, pool);
    }

    private static Transition EndRound(
        ServerState state, TrainingState after, ReadOnlySpan<ServerEffect> effects, TimeSpan now, VectorPool pool)
    {
        var before = state.Training;
        state = Recording.Close(Retire(state, pool).Release(pool) with { Training = after, Round = null });
        return AtBarrier(state, [.. effects, new ReportStep(state.Training)], now, pool);
    }

    // A unit whose order somebody else had too may still read the old version; its moments only if it makes own steps.
    private static ServerState Retire(ServerState state, VectorPool pool)
    {
        var old = state.Training;
        if (!state.IsRead(old.Version)) old.ReturnTo(pool);
        else if (state.Round!.Kind == WorkKind.LocalSteps) old.LeaveOutOf(pool);
        else
        {
            foreach (var moment in old.Optimizer.Moments) pool.Return(moment);
            return state with { Kept = state.Kept.Add(new(old.Version, old.Parameters)) };
        }
        return state;
    }

    /// <summary>Everything that was handed out is applied: what comes next.</summary>
    internal static Transition AtBarrier(
        ServerState state, IReadOnlyList<ServerEffect> effects, TimeSpan now, VectorPool pool)
    {
        var training = state.Training;
        if (SplitRounds.MustCollect(state)) return SplitRounds.Collect(state, effects);
        if (Rounds.IsToEvaluate(state)) return Rounds.Begin(state, WorkKind.Evaluation, effects, now);
        if (state.StopRequested) return End(state, RunPhase.Stopped, null, effects);
        if (!state.Durability.IsDue(state.StepsDone)) return Continue(state, effects, now, pool);
        state = state with { Durability = state.Durability with { Requested = state.StepsDone } };
        return Continue(state, [.. effects, new SaveCheckpoint(training)], now, pool);
    }

    private static Transition EndEvaluation(ServerState state, Round round, TimeSpan now, VectorPool pool)
    {
        var evaluation = round.Answers.Evaluation(new(round.Tree, round.Nodes.AsSpan()));
        List<ServerEffect> effects = [];
        if (state.Training.Position.Step == 0 && state.Training.Totals.Seen > 0)
        {
            state = state with { Training = EpochEnd.Apply(state.Plan, state.Training, evaluation) };
            effects.Add(new ReportEpoch(state.Training.History[^1]));
        }
        state = state with { Round = null, Split = state.Split?.WithWhole(state.Training) };
        if (state.Plan.IsEnd(state.Training.Position)) return End(state, RunPhase.Finished, evaluation, effects);
        if (state.StopRequested) return End(state, RunPhase.Stopped, null, effects);
        state = state with { Durability = state.Durability with { Requested = state.StepsDone } };
        effects.Add(new SaveCheckpoint(state.Training));
        return Continue(state, effects, now, pool);
    }

    // The next step, unless too much would be lost with this process.
    private static Transition Continue(
        ServerState state, IReadOnlyList<ServerEffect> effects, TimeSpan now, VectorPool pool) =>
        state.Durability.IsExhausted(state.StepsDone)
            ? new(state, effects)
            : state.Plan.Recipe.Strategy.Begin(state, effects, now, pool);

    private static Transition End(
        ServerState state, RunPhase phase, Evaluation? evaluation, IReadOnlyList<ServerEffect> effects) => new(
        state with { Phase = phase },
        [.. effects, new SaveCheckpoint(state.Training), new EndRun(phase, state.Training, evaluation, null)]);
}
