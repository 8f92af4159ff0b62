using System.Runtime.InteropServices;

namespace ActorTrain.Server;

/// <summary>
/// Rounds in which the server's own shards make whole steps together, where nobody else computes. A shard that fails or
/// goes leaves the others without its part: then the steps are made again, in ordinary rounds.
/// </summary>
internal static class JointRounds
{
    private const int MostSteps = 1024;

    // Long enough for what begins and ends a round to cost nothing, short enough to hear of a stop.
    private static readonly TimeSpan Duration = TimeSpan.FromMilliseconds(100);

    /// <summary>True when every unit is an idle shard of this process, and there is one for each rank.</summary>
    public static bool IsPossible(ServerState state)
    {
        if (state.Joint is not { } joint || joint.Ranks > state.Shards.Length || state.Split is not null) return false;
        foreach (var shard in state.Shards)
            if (shard.IsRemote || !shard.IsIdle) return false;
        return true;
    }

    /// <summary>Begins a round; the first shards get the ranks.</summary>
    public static Transition Begin(
        ServerState state, IReadOnlyList<ServerEffect> before, TimeSpan now, VectorPool pool)
    {
        var memory = state.Joint!;
        var steps = (int)Math.Min(state.JointSteps, state.NextBarrier - state.StepsDone);
        var run = new JointRun(state.Plan, state.Training, steps, memory, pool);
        state = state with
        {
            Round = new(WorkKind.Joint, memory.Tree, memory.Nodes, [], []) { Joint = run, Since = now },
            Failures = 0,
        };
        var effects = new List<ServerEffect>(before.Count + memory.Ranks);
        effects.AddRange(before);
        var shards = state.Shards.ToArray();
        for (var rank = 0; rank < memory.Ranks; rank++)
        {
            var key = state.KeyOf(new(0, rank));
            shards[rank] = shards[rank].With(key, now);
            effects.Add(new SendWork(shards[rank].Id, new JointOrder(key, run)));
        }
        return new(state with { Shards = ImmutableCollectionsMarshal.AsImmutableArray(shards) }, effects);
    }

    /// <summary>
    /// The state after a round whose ranks are all done. The next one has as many steps as take some
    /// <see cref="Duration"/>, at most four times as many as this one, whose first steps may have been slow.
    /// </summary>
    public static ServerState End(ServerState state, Round round, TimeSpan now, out TrainingState after)
    {
        var run = round.Joint!;
        after = run.Apply(state.Plan, ((JointAnswer)round.Answers[0]).End);
        var fitting = Duration / ((now - round.Since) / run.Steps);
        return state with { JointSteps = (int)Math.Clamp(fitting, 1, Math.Min(4 * run.Steps, MostSteps)) };
    }

    /// <summary>
    /// The steps are to be made anew, as ordinary rounds; the first waits for idle shards. Who is still busy may write
    /// into the run's memory, so nobody uses that again.
    /// </summary>
    public static ServerState Dissolve(ServerState state, VectorPool pool)
    {
        state.Round!.Joint!.LeaveOutOf(pool);
        var tree = state.Plan.TreeOf(state.Training.Position.Step);
        return state with
        {
            Joint = state.Joint!.Renewed(),
            JointSteps = 1,
            Round = new(WorkKind.Gradient, tree, [tree.Root], [tree.Root], []),
        };
    }
}
