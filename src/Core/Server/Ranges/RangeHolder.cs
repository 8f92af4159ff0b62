using System.Collections.Immutable;

namespace ActorTrain.Server;

/// <summary>All that the holder of a range knows.</summary>
/// <param name="Plan">The run's plan.</param>
/// <param name="Range">Which part of the vectors it holds.</param>
/// <param name="Parameters">The range of the parameters.</param>
/// <param name="Optimizer">The optimiser's state, its moments of the range only.</param>
/// <param name="Gradients">The range of gradient sums that were pushed for this version, by their tree nodes.</param>
/// <param name="Waiting">Workers that have pulled the next version.</param>
public sealed record HolderState(
    TrainingPlan Plan, ParameterRange Range, FlatVector Parameters, OptimizerState Optimizer,
    ImmutableDictionary<TreeNode, FlatVector> Gradients, ImmutableHashSet<int> Waiting)
{
    /// <summary>Updates in the parameters.</summary>
    public long Version => Optimizer.Step;

    /// <summary>A holder that was just given its range.</summary>
    public static HolderState Initial(
        TrainingPlan plan, ParameterRange range, FlatVector parameters, OptimizerState optimizer) =>
        new(plan, range, parameters, optimizer, ImmutableDictionary<TreeNode, FlatVector>.Empty, []);
}

/// <summary>
/// The rules of a node that holds a range of the parameters and of the optimiser's moments: workers pull the range and
/// push their gradients' range, the server says which of them make up the step. Sum and update are element by element,
/// so the parts are the whole's bits. A pure transition; the memory of vectors is lent.
/// </summary>
public static class RangeHolder
{
    /// <summary>Decides what an event means.</summary>
    /// <param name="state">Before it.</param>
    /// <param name="event">What happened.</param>
    /// <param name="pool">Where new vectors are taken from.</param>
    public static HolderTransition Step(HolderState state, HolderEvent @event, VectorPool pool) => @event switch
    {
        ParametersPulled e => Pull(state, e),
        GradientPushed e => Push(state, e),
        UpdateOrdered e => Update(state, e, pool),
        RangeAsked => new(state, [new GiveRange(state.Parameters, state.Optimizer)]),
        WorkerDetached e => new(state with { Waiting = state.Waiting.Remove(e.Worker) }, []),
        _ => throw new System.Diagnostics.UnreachableException(
            $"RangeHolder.Step has no arm for {@event.GetType().Name}; add one."),
    };

    private static HolderTransition Pull(HolderState state, ParametersPulled e)
    {
        if (e.Version == state.Version) return new(state, [new SendRange(e.Worker, e.Version, state.Parameters)]);
        // Who wants an older version has an order that nobody waits for any more.
        return e.Version < state.Version
            ? new(state, [new RefusePull(e.Worker, e.Version)])
            : new(state with { Waiting = state.Waiting.Add(e.Worker) }, []);
    }

    // The first one counts: whoever computes a node, its bits are the same.
    private static HolderTransition Push(HolderState state, GradientPushed e) =>
        e.Key.Version != state.Version || state.Gradients.ContainsKey(e.Key.Node)
            ? new(state, [])
            : new(
                state with { Gradients = state.Gradients.Add(e.Key.Node, e.Gradient) }, [new ConfirmPush(e.Key)]);

    private static HolderTransition Update(HolderState state, UpdateOrdered e, VectorPool pool)
    {
        if (e.Version != state.Version) return new(state, []);
        var sums = new ReadOnlyMemory<float>[e.Nodes.Length];
        for (var i = 0; i < sums.Length; i++) sums[i] = state.Gradients[e.Nodes[i]].Memory;
        var tree = state.Plan.TreeOf(state.Plan.PositionOf(e.Version).Step);
        var update = new ParameterUpdate(
            state.Plan.UpdateRule.Within(state.Range.Start, state.Range.Count), state.Parameters, state.Optimizer,
            new(tree, e.Nodes.AsSpan()), sums, tree.Rows, pool);
        // Whoever still reads the old version computes what nobody waits for.
        pool.Return(state.Parameters);
        foreach (var moment in state.Optimizer.Moments) pool.Return(moment);
        var next = HolderState.Initial(state.Plan, state.Range, update.Parameters, update.State);
        return new(next, [new UpdateRange(update, next.Version, [.. state.Waiting])]);
    }
}

/// <summary>What can happen to the holder of a range.</summary>
public abstract record HolderEvent;

/// <summary>A worker wants the range of a version.</summary>
/// <param name="Worker">Which, as the holder numbers them.</param>
/// <param name="Version">Which version; the next one is sent when it is there.</param>
public sealed record ParametersPulled(int Worker, long Version) : HolderEvent;

/// <summary>A worker has sent the range of a node's gradient sum.</summary>
/// <param name="Key">Of the order.</param>
/// <param name="Gradient">The range; valid until the next version is written.</param>
public sealed record GradientPushed(WorkKey Key, FlatVector Gradient) : HolderEvent;

/// <summary>The server ends a step.</summary>
/// <param name="Version">Which is updated.</param>
/// <param name="Nodes">The tree nodes that make it up, in order of their leaves; all were confirmed.</param>
public sealed record UpdateOrdered(long Version, ImmutableArray<TreeNode> Nodes) : HolderEvent;

/// <summary>The server wants the range, to have the whole.</summary>
public sealed record RangeAsked : HolderEvent
{
    /// <summary>The only one needed.</summary>
    public static RangeAsked Instance { get; } = new();
}

/// <summary>A worker is gone.</summary>
/// <param name="Worker">Which.</param>
public sealed record WorkerDetached(int Worker) : HolderEvent;

/// <summary>What the holder of a range wants done.</summary>
public abstract record HolderEffect;

/// <summary>Send the range to a worker.</summary>
/// <param name="Worker">Which.</param>
/// <param name="Version">Of the parameters.</param>
/// <param name="Parameters">The range.</param>
public sealed record SendRange(int Worker, long Version, FlatVector Parameters) : HolderEffect;

/// <summary>Tell a worker that the range of a version is gone: it would wait for it for ever.</summary>
/// <param name="Worker">Which.</param>
/// <param name="Version">Of the parameters.</param>
public sealed record RefusePull(int Worker, long Version) : HolderEffect;

/// <summary>Tell the server that this range of a node's gradient sum is here.</summary>
/// <param name="Key">The node's.</param>
public sealed record ConfirmPush(WorkKey Key) : HolderEffect;

/// <summary>Do the update, and send it as it is written to those who wait for it.</summary>
/// <param name="Update">Of the range.</param>
/// <param name="Version">After it.</param>
/// <param name="Workers">Who waits.</param>
public sealed record UpdateRange(ParameterUpdate Update, long Version, ImmutableArray<int> Workers) : HolderEffect;

/// <summary>Send the range to the server, moments and all.</summary>
/// <param name="Parameters">The range.</param>
/// <param name="Optimizer">Its moments.</param>
public sealed record GiveRange(FlatVector Parameters, OptimizerState Optimizer) : HolderEffect;

/// <summary>What an event leads to.</summary>
/// <param name="State">The next state.</param>
/// <param name="Effects">What to do, in order.</param>
public readonly record struct HolderTransition(HolderState State, IReadOnlyList<HolderEffect> Effects);
