using System.Runtime.InteropServices;

namespace ActorTrain;

/// <summary>
/// Some consecutive steps of an epoch that all ranks make together. The first one reads the state that the run begins
/// from, and all write into new memory: so a run that is not finished leaves nothing behind, and can be made again.
/// </summary>
public sealed class JointRun
{
    private readonly PooledVector _next;
    private readonly PooledVector[] _moments;

    /// <summary>A run that nobody has begun.</summary>
    /// <param name="plan">The run's plan.</param>
    /// <param name="state">Where it begins.</param>
    /// <param name="steps">How many steps, all of one epoch.</param>
    /// <param name="memory">What the ranks share.</param>
    /// <param name="pool">Where the new vectors are taken from.</param>
    public JointRun(TrainingPlan plan, TrainingState state, int steps, JointMemory memory, VectorPool pool)
    {
        (Start, FirstStep, Steps, Memory) = (state, plan.StepsDone(state.Position), steps, memory);
        _next = pool.Take(state.Parameters.Count);
        _moments = new PooledVector[state.Optimizer.Moments.Length];
        for (var m = 0; m < _moments.Length; m++) _moments[m] = pool.Take(state.Parameters.Count);
    }

    /// <summary>How many steps.</summary>
    public int Steps { get; }

    internal TrainingState Start { get; }

    internal long FirstStep { get; }

    internal JointMemory Memory { get; }

    /// <summary>The state after the run.</summary>
    /// <param name="plan">The run's plan.</param>
    /// <param name="end">What every rank answers.</param>
    public TrainingState Apply(TrainingPlan plan, JointEnd end)
    {
        var moments = new FlatVector[_moments.Length];
        for (var m = 0; m < moments.Length; m++) moments[m] = _moments[m].Frozen;
        return Start with
        {
            Position = plan.Next(Start.Position with { Step = Start.Position.Step + end.Steps - 1 }),
            Parameters = _next.Frozen,
            Optimizer = new(Start.Optimizer.Step + end.Steps, ImmutableCollectionsMarshal.AsImmutableArray(moments)),
            Totals = end.Totals,
        };
    }

    /// <summary>The vectors are not to be used again: somebody may still write into them.</summary>
    public void LeaveOutOf(VectorPool pool)
    {
        pool.Abandon(_next.Frozen);
        foreach (var moment in _moments) pool.Abandon(moment.Frozen);
    }

    /// <summary>The parameters (−1) or a moment before a step of the run.</summary>
    internal ReadOnlySpan<float> Before(int step, int moment) => step > 0
        ? After(moment)
        : (moment < 0 ? Start.Parameters : Start.Optimizer.Moments[moment]).Span;

    /// <summary>Where they go, in every step.</summary>
    internal Span<float> After(int moment) => (moment < 0 ? _next : _moments[moment]).Memory.Span;
}

/// <summary>How a joint run ended.</summary>
/// <param name="Steps">Steps that were made.</param>
/// <param name="Totals">Of the epoch so far.</param>
public readonly record struct JointEnd(int Steps, EpochTotals Totals);
