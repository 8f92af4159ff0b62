using System.Collections.Immutable;

namespace ActorTrain;

/// <summary>All that a recipe says about updates: from a minibatch's gradient to the next parameters.</summary>
/// <param name="Optimizer">The optimiser.</param>
public sealed record UpdateRule(Optimizer Optimizer)
{
    /// <summary>How its learning rate changes.</summary>
    public LearningRateSchedule Schedule { get; init; } = new ConstantRate();

    /// <summary>What bounds the gradient; none: nothing does.</summary>
    public GradientClipping? Clipping { get; init; }

    /// <summary>How the parameters' average is kept; none: it is not.</summary>
    public WeightAveraging? Averaging { get; init; }

    /// <summary>Parameters that the optimiser leaves alone, in order.</summary>
    public ImmutableArray<UntrainedRange> Untrained { get; init; } = [];

    /// <summary>Vectors that the state has: the optimiser's moments, then the average.</summary>
    public int MomentCount => Optimizer.MomentCount + (Averaging is null ? 0 : 1);

    /// <summary>The state before the first update: all moments zero.</summary>
    public OptimizerState Init(int parameterCount) =>
        new(0, [.. Enumerable.Range(0, MomentCount).Select(_ => FlatVector.Zeros(parameterCount))]);

    /// <summary>Whether a state is one of this rule's for so many parameters.</summary>
    internal bool Has(OptimizerState state, int parameterCount) =>
        state.Moments.Length == MomentCount && state.Moments.All(moment => moment.Count == parameterCount);

    /// <summary>What an optimiser does not train of a layout: its running statistics, and what is frozen.</summary>
    public static ImmutableArray<UntrainedRange> UntrainedOf(ParameterLayout layout, NamePatterns? frozen = null) =>
    [
        .. from slot in layout.Slots
           let isFrozen = frozen?.Matches(slot.Name) ?? false
           where isFrozen || slot.StatisticMomentum > 0
           select new UntrainedRange(slot.Offset, slot.End, isFrozen ? 0 : slot.StatisticMomentum),
    ];

    /// <summary>
    /// The same for a range of the parameters by itself: but for clipping by norm, it gives the same bits.
    /// </summary>
    public UpdateRule Within(int start, int count) => this with
    {
        Untrained =
        [
            .. from range in Untrained
               let part = range.In(start, count)
               where part.Length > 0
               select new UntrainedRange(part.Start, part.Start + part.Length, range.Momentum),
        ],
    };

    /// <summary>The learning rate of an update.</summary>
    /// <param name="step">Updates made before it.</param>
    public float RateAt(long step) => (float)Schedule.RateAt(Optimizer.LearningRate, step);

    /// <summary>The average of the parameters after some updates; the parameters where none is kept.</summary>
    public FlatVector AverageOf(FlatVector parameters, OptimizerState state) =>
        Averaging is null || state.Step == 0 ? parameters : state.Moments[^1];
}
