using System.Collections.Immutable;

namespace ActorTrain.Server;

/// <summary>
/// The server's rules where the parameters are split: an answer counts when all holders have its gradient, a step ends
/// with a word to them, and before anything is evaluated, written or ended the server collects the ranges. Pure.
/// </summary>
internal static class SplitRounds
{
    /// <summary>True for an answer that has to wait: a holder may never get its gradient.</summary>
    public static bool MustHold(ServerState state, WorkAnswer answer) =>
        state.Split is { } split && answer is GradientAnswer && Rounds.IsWanted(state, answer.Key)
            && !split.IsPushed(answer.Key.Node);

    /// <summary>Keeps an answer until all holders have its gradient.</summary>
    public static Transition Hold(ServerState state, WorkAnswered e) =>
        new(state with { Split = state.Split! with { Held = state.Split.Held.Add(e) } }, []);

    /// <summary>
    /// A holder has a gradient. Answers for which it was the last one count, as if they had come only now.
    /// </summary>
    /// <param name="state">Before it.</param>
    /// <param name="e">What happened.</param>
    /// <param name="take">What an answer leads to.</param>
    public static Transition Confirm(
        ServerState state, PushConfirmed e, Func<ServerState, WorkAnswered, Transition> take)
    {
        if (state.Split is not { } split || !Rounds.IsWanted(state, e.Key)) return new(state, []);
        split = split.With(e.Key.Node, e.Range);
        state = state with { Split = split };
        if (!split.IsPushed(e.Key.Node)) return new(state, []);
        state = state with { Split = split with { Held = split.Held.RemoveAll(held => held.Answer.Key == e.Key) } };
        List<ServerEffect> effects = [];
        foreach (var held in split.Held)
        {
            if (held.Answer.Key != e.Key) continue;
            (state, var more) = take(state, held);
            effects.AddRange(more);
        }
        return new(state, effects);
    }

    /// <summary>Every node of the minibatch is answered, and its gradients are where they belong.</summary>
    public static Transition EndGradient(ServerState state, Round round, TimeSpan now, VectorPool pool)
    {
        var training = state.Training;
        var nodes = ImmutableArray.CreateBuilder<TreeNode>(round.Answers.Length);
        var losses = new double[round.Answers.Length];
        var (correct, rows) = (0, 0);
        foreach (var answer in round.Answers)
        {
            var sum = ((GradientAnswer)answer).Sum;
            losses[nodes.Count] = sum.LossSum;
            nodes.Add(answer.Key.Node);
            correct += sum.Correct;
            rows += sum.Rows;
        }
        var update = new UpdateRanges(training.Version, nodes.MoveToImmutable());
        StepSum step = new(new TreeSum(round.Tree, update.Nodes.AsSpan()).Of(losses), correct, rows);
        state = state with
        {
            Training = training with
            {
                Position = state.Plan.Next(training.Position),
                Optimizer = training.Optimizer with { Step = training.Optimizer.Step + 1 },
                Totals = training.Totals.Plus(step),
            },
            Round = null,
            Split = state.Split! with { Pushed = ImmutableDictionary<TreeNode, ulong>.Empty },
        };
        return ParameterServer.AtBarrier(state, [update, new ReportStep(state.Training)], now, pool);
    }

    /// <summary>True when what comes next needs vectors that the server does not have.</summary>
    public static bool MustCollect(ServerState state) =>
        state.Split is { } split && split.Whole.Version != state.Training.Version
            && (state.StopRequested || Rounds.IsToEvaluate(state) || state.Durability.IsDue(state.StepsDone));

    /// <summary>Waits for the ranges; no step begins meanwhile.</summary>
    public static Transition Collect(ServerState state, IReadOnlyList<ServerEffect> before) => state.Split!.IsCollecting
        ? new(state, before)
        : new(
            state with { Split = state.Split with { IsCollecting = true } },
            [.. before, new CollectRanges(state.Training.Version)]);

    /// <summary>The ranges are here: the run goes on from where it waited.</summary>
    public static Transition Take(ServerState state, RangesCollected e, TimeSpan now, VectorPool pool)
    {
        if (state.Split is not { IsCollecting: true } split || e.Optimizer.Step != state.Training.Version)
            return new(state, []);
        split.Whole.ReturnTo(pool);
        var whole = state.Training with { Parameters = e.Parameters, Optimizer = e.Optimizer };
        state = state with { Training = whole, Split = split with { Whole = whole, IsCollecting = false } };
        return ParameterServer.AtBarrier(state, [], now, pool);
    }

    /// <summary>
    /// A range is lost: the run goes back to what the server has whole, under another number, and begins again with the
    /// first worker that comes. The same steps give the same bits.
    /// </summary>
    public static ServerState GoBack(ServerState state, long incarnation) => state with
    {
        Incarnation = incarnation,
        Training = state.Split!.Whole,
        Phase = RunPhase.Gathering,
        Round = null,
        Shards = [],
        ShardsToBegin = 1,
        Failures = 0,
        Split = SplitParameters.Of(state.Split.Ranges, state.Split.Whole),
    };
}
