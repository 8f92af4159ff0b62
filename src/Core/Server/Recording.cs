using ActorTrain.Schedules;

namespace ActorTrain.Server;

/// <summary>
/// Notes who computed what, where the recipe asks for a schedule; elsewhere it leaves every state as it is. Answers of
/// one unit must come in the order in which it gave them, as they do on one connection: what a gradient's encoding
/// leaves out is in the next one.
/// </summary>
internal static class Recording
{
    /// <summary>Notes an answer.</summary>
    /// <param name="state">Before it.</param>
    /// <param name="unit">Who gave it.</param>
    /// <param name="answer">The answer.</param>
    /// <param name="isWanted">
    /// True when it is applied. One that is not is noted all the same when its unit has encoded it: what was left out
    /// of it is in the unit's next gradient.
    /// </param>
    public static ServerState Note(ServerState state, ShardId unit, WorkAnswer answer, bool isWanted)
    {
        if (state.Training.Schedule is null) return state;
        var isCompressed = answer is GradientAnswer && state.Plan.Recipe.Compression is not NoCompression
            && IsRemote(state, unit);
        var key = answer.Key;
        var contribution = answer switch
        {
            GradientAnswer when isWanted || isCompressed =>
                new Contribution(unit, key.Step, Steps: 1, key.Version, key.Node, isWanted, isCompressed),
            LocalStepsAnswer when isWanted => Local(state.Round!.Tree.RowsOf(key.Node)),
            _ => (Contribution?)null,
        };
        return contribution is { } noted ? state with { Contributions = state.Contributions.Add(noted) } : state;

        Contribution Local((int Start, int Count) minibatches) =>
            new(
                unit, key.Step + minibatches.Start, minibatches.Count, key.Version, key.Node, IsApplied: true,
                IsCompressed: false);
    }

    /// <summary>Closes the entry of an update that was just applied.</summary>
    public static ServerState Close(ServerState state) => state.Training.Schedule is { } schedule
        ? state with
        {
            Training = state.Training with { Schedule = schedule.With(new ScheduledUpdate(state.Contributions)) },
            Contributions = [],
        }
        : state;

    private static bool IsRemote(ServerState state, ShardId unit)
    {
        foreach (var shard in state.Shards)
            if (shard.Id == unit) return shard.IsRemote;
        return false;
    }
}
