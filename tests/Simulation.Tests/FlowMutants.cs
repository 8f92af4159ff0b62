using ActorTrain.Schedules;

namespace ActorTrain.Simulation.Tests;

/// <summary>The staleness bound is not looked at.</summary>
internal sealed class IgnoresTheBound : Rules
{
    public override Transition Server(ServerState state, ServerEvent @event, TimeSpan now, VectorPool pool)
    {
        if (state.Plan.Recipe.Strategy is not StaleSynchronous) return base.Server(state, @event, now, pool);
        var plan = new TrainingPlan(state.Plan.Recipe with { Strategy = new Asynchronous() }, state.Plan.Data);
        var (next, effects) = base.Server(state with { Plan = plan }, @event, now, pool);
        return new(next with { Plan = state.Plan }, effects);
    }
}

/// <summary>A late answer of local steps counts for a participant that has not answered yet.</summary>
internal sealed class CountsLateLocalSteps : Rules
{
    public override Transition Server(ServerState state, ServerEvent @event, TimeSpan now, VectorPool pool)
    {
        if (@event is WorkAnswered { Answer: LocalStepsAnswer answer } e &&
            state.Round is { Kind: WorkKind.LocalSteps } && answer.Key != state.KeyOf(answer.Key.Node))
            @event = e with { Answer = answer with { Key = state.UnansweredKey() ?? answer.Key } };
        return base.Server(state, @event, now, pool);
    }
}

/// <summary>A gradient of a minibatch that is applied already counts for one that is open.</summary>
internal sealed class AppliesAMinibatchForAnother : Rules
{
    public override Transition Server(ServerState state, ServerEvent @event, TimeSpan now, VectorPool pool)
    {
        if (@event is WorkAnswered { Answer: GradientAnswer answer } e &&
            state.Flow is { Open: [var open, ..] } flow && flow.Find(answer.Key) is null)
            @event = e with { Answer = answer with { Key = open.Key } };
        return base.Server(state, @event, now, pool);
    }
}

/// <summary>The schedule leaves out who made the update after a server had begun again.</summary>
internal sealed class LosesAScheduleEntry : Rules
{
    public override Transition Server(ServerState state, ServerEvent @event, TimeSpan now, VectorPool pool)
    {
        var (next, effects) = base.Server(state, @event, now, pool);
        return next.Training.Schedule is { } schedule && schedule != state.Training.Schedule &&
            state.Training.Schedule!.Entries is [.., ServerRestarted]
                ? new(next with { Training = next.Training with { Schedule = state.Training.Schedule } }, effects)
                : new(next, effects);
    }
}

/// <summary>A stop does not wait for the minibatches that are handed out.</summary>
internal sealed class StopsBetweenBarriers : Rules
{
    public override Transition Server(ServerState state, ServerEvent @event, TimeSpan now, VectorPool pool)
    {
        if (@event is not StopRequested || state.Flow is null) return base.Server(state, @event, now, pool);
        return new(
            state with { Phase = RunPhase.Stopped, Flow = null },
            [new SaveCheckpoint(state.Training), new EndRun(RunPhase.Stopped, state.Training, null, null)]);
    }
}

/// <summary>A node that fails again and again goes on getting work.</summary>
internal sealed class KeepsABrokenNode : Rules
{
    public override Transition Server(ServerState state, ServerEvent @event, TimeSpan now, VectorPool pool) =>
        base.Server(state with { Shards = [.. state.Shards.Select(s => s with { Failures = 0 })] }, @event, now, pool);
}
