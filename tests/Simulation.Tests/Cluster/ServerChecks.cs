namespace ActorTrain.Simulation.Tests.Cluster;

/// <summary>What must hold after everything that happens to a server.</summary>
internal sealed class ServerChecks(RunOracle run, ServerProcess server)
{
    private readonly List<int> _counted = [];
    private readonly HashSet<long> _applied = [];
    private long _lastApplied;

    /// <summary>A new server has counted nothing yet.</summary>
    public void Begin(ServerState state)
    {
        _counted.Clear();
        _applied.Clear();
        for (var step = 0L; step < state.StepsDone; step++) _applied.Add(step);
        _lastApplied = state.StepsDone - 1;
        run.Begin(state);
    }

    /// <exception cref="Violation">Something that must always hold does not.</exception>
    public void After(ServerState before, ServerEvent @event, ServerState after)
    {
        if (after.Phase == RunPhase.Failed) return;
        if (@event is WorkAnswered { Answer.Key: var key })
        {
            if (before.Flow is not null) CheckApplied(before, after, key);
            else if (IsCounted(before, after)) Count(before, after, key);
        }
        if (after.StepsDone < before.StepsDone) GoBack(before, after);
        if (!ReferenceEquals(before.Training, after.Training)) run.CheckTraining(before, after);
        if (after.Round is { } round) CheckRound(after, round);
        if (after.Flow is { } flow) CheckFlow(after, flow);
        else CheckBarrier(after);
        server.Checkpoints.Check();
    }

    // Only to where the flow began, and only because nobody is left for what is open.
    private void GoBack(ServerState before, ServerState after)
    {
        if (before.Flow is not { } flow || !ReferenceEquals(flow.Start, after.Training)
            || after is not { Phase: RunPhase.Stopped, Shards.IsEmpty: true }
            || flow.Open[0].Key.Step >= before.StepsDone)
            throw new Violation($"the run goes back from step {before.StepsDone} to {after.StepsDone}");
        _applied.RemoveWhere(step => step >= after.StepsDone);
        _lastApplied = after.StepsDone - 1;
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
        for (var step = before.StepsDone; step < after.StepsDone; step++) _applied.Add(step);
        _lastApplied = after.StepsDone - 1;
    }

    // Each minibatch once, and none staler than the strategy allows.
    private void CheckApplied(ServerState before, ServerState after, WorkKey key)
    {
        var updates = after.Training.Version - before.Training.Version;
        if (updates == 0) return;
        if (updates != 1 || after.StepsDone != before.StepsDone + 1)
            throw new Violation($"{key} made {updates} updates and {after.StepsDone - before.StepsDone} steps");
        if (before.Flow!.Find(key) is null)
            throw new Violation($"{key}, incarnation {key.Incarnation}, was applied and was not open");
        if (!_applied.Add(key.Step)) throw new Violation($"minibatch {key.Step} is applied again");
        _lastApplied = Math.Max(_lastApplied, key.Step);
        var staleness = before.Training.Version - key.Version;
        if (staleness < 0 || (run.Plan.Recipe.Strategy is StaleSynchronous strategy && staleness > strategy.Bound))
            throw new Violation($"{key} is applied with a staleness of {staleness}");
    }

    // At a barrier the first minibatches of the run are applied and no others, so that it can go on from there.
    private void CheckBarrier(ServerState state)
    {
        if (_applied.Count != state.StepsDone || _lastApplied >= state.StepsDone)
            throw new Violation($"{_applied.Count} minibatches are applied at the barrier before {state.StepsDone}");
    }

    // What is open either waits or is worked on.
    private static void CheckFlow(ServerState state, Flow flow)
    {
        foreach (var order in flow.Open)
            if (!flow.Waiting.Contains(order.Key) && !state.Shards.Any(unit => unit.Orders.Contains(order.Key)))
                throw new Violation($"{order.Key} is open, and neither waits nor is worked on");
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
