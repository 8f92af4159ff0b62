namespace ActorTrain.Simulation.Tests.Cluster;

/// <summary>What must hold after everything that happens to a server.</summary>
internal sealed class ServerChecks(SequentialRun run, ServerProcess server)
{
    private readonly List<int> _counted = [];

    /// <summary>A new server has counted nothing yet.</summary>
    public void Begin() => _counted.Clear();

    /// <exception cref="Violation">Something that must always hold does not.</exception>
    public void After(ServerState before, ServerEvent @event, ServerState after)
    {
        if (@event is WorkAnswered { Answer.Key: var key } && IsCounted(before, after)) Count(before, after, key);
        if (!ReferenceEquals(before.Training, after.Training)) CheckTraining(before.Training, after.Training);
        if (after.Round is { } round) CheckRound(after, round);
        server.Checkpoints.Check();
    }

    private static bool IsCounted(ServerState before, ServerState after) => before.Round is { } round &&
        (IsOver(before, after) || after.Round!.Answers.Length > round.Answers.Length);

    private static bool IsOver(ServerState before, ServerState after) => after.Round is null ||
        after.Round.Kind != before.Round!.Kind || after.Training.Version != before.Training.Version;

    // Each sample once: every leaf of the round's tree is counted in one answer.
    private void Count(ServerState before, ServerState after, WorkKey key)
    {
        if (key != before.KeyOf(key.Node))
            throw new Violation($"{key}, incarnation {key.Incarnation}, was counted in version " +
                $"{before.Training.Version}, incarnation {before.Incarnation}");
        var tree = before.Round!.Tree;
        while (_counted.Count < tree.Leaves) _counted.Add(0);
        for (var leaf = key.Node.FirstLeaf; leaf < key.Node.FirstLeaf + tree.LeafCount(key.Node); leaf++)
            if (++_counted[leaf] > 1) throw new Violation($"leaf {leaf} is counted again with {key}");
        if (!IsOver(before, after)) return;
        for (var leaf = 0; leaf < tree.Leaves; leaf++)
            if (_counted[leaf] != 1)
                throw new Violation($"leaf {leaf} is not counted when the round of {key} ends");
        _counted.Clear();
    }

    private void CheckTraining(TrainingState before, TrainingState after)
    {
        if (after.Version == before.Version + 1)
        {
            if (!run.IsAfterStep(after)) throw new Violation($"after step {after.Version} the run is not the sequential one");
        }
        else if (after.Version != before.Version)
        {
            throw new Violation($"step {after.Version} follows step {before.Version}");
        }
        else if (!run.IsSaved(after))
        {
            throw new Violation($"after the epoch's end at step {after.Version} the run is not the sequential one");
        }
    }

    // What is not answered either waits or is worked on, an update by one unit that shares the server's memory.
    private static void CheckRound(ServerState state, Round round)
    {
        foreach (var node in round.Nodes)
        {
            var key = state.KeyOf(node);
            var holders = 0;
            foreach (var unit in state.Shards)
            {
                if (!unit.Orders.Contains(key)) continue;
                holders++;
                if (round.Kind == WorkKind.Update && (unit.IsRemote || holders > 1))
                    throw new Violation($"{key} is given to {unit.Id}");
            }
            if (holders == 0 && !round.Waiting.Contains(node) && !IsAnswered(round, key))
                throw new Violation($"{key} is neither answered nor waits nor is worked on");
        }
    }

    private static bool IsAnswered(Round round, WorkKey key)
    {
        foreach (var answer in round.Answers)
            if (answer.Key == key) return true;
        return false;
    }
}
