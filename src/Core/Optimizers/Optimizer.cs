using System.Collections.Immutable;

namespace ActorTrain;

/// <summary>
/// The state of any optimiser: SGD has one moment, Adam two. Plain data, so a checkpoint needs no polymorphism.
/// </summary>
/// <param name="Step">Updates made so far.</param>
/// <param name="Moments">
/// Vectors of the parameters' length: the optimiser's, then the weights' average where
/// <see cref="UpdateRule.Averaging"/> keeps one.
/// </param>
public sealed record OptimizerState(long Step, ImmutableArray<FlatVector> Moments);

/// <summary>
/// How a gradient changes parameters. Open for extension. One pure pass over short runs of floats does gradient
/// scaling, moments and parameters together, because a step on large vectors is bound by memory traffic, not by
/// arithmetic: a separate "update to be added" would read and write every vector once more.
/// </summary>
public abstract record Optimizer
{
    /// <summary>The learning rate before any <see cref="LearningRateSchedule"/> changes it.</summary>
    public abstract float LearningRate { get; }

    /// <summary>How many moment vectors it keeps, 0 … 2; all are zero before the first update.</summary>
    public abstract int MomentCount { get; }

    /// <summary>One update on a run of elements; element by element, so that it may be divided anywhere.</summary>
    public abstract void Update(in OptimizerUpdate update);

    /// <summary>True for one that takes many rows at once; others get one after another.</summary>
    internal virtual bool TakesRows => false;
}

/// <summary>A run of elements of one update. What is read and what is written may be the same memory.</summary>
public readonly ref struct OptimizerUpdate
{
    /// <summary>One run.</summary>
    public OptimizerUpdate()
    {
    }

    /// <summary>More than 1 for optimisers that take blocks: rows that lie <see cref="Stride"/> apart.</summary>
    internal int Rows { get; init; } = 1;

    /// <summary>Elements of a row; the rows of <see cref="GradientSum"/> follow each other.</summary>
    internal int Columns => GradientSum.Length / Rows;

    /// <summary>Elements from one row to the next, in all spans but <see cref="GradientSum"/>.</summary>
    internal int Stride { get; init; }

    /// <summary>Updates made before this one.</summary>
    public required long Step { get; init; }

    /// <summary>The learning rate of this update.</summary>
    public required float LearningRate { get; init; }

    /// <summary>Sum of the gradients over the minibatch's rows.</summary>
    public required ReadOnlySpan<float> GradientSum { get; init; }

    /// <summary>What makes the sum a mean: 1 / rows.</summary>
    public required float GradientScale { get; init; }

    /// <summary>The parameters before.</summary>
    public required ReadOnlySpan<float> Parameters { get; init; }

    /// <summary>The first moment before; empty where the optimiser keeps none.</summary>
    public ReadOnlySpan<float> Moment1 { get; init; }

    /// <summary>The second moment before; empty where the optimiser keeps fewer.</summary>
    public ReadOnlySpan<float> Moment2 { get; init; }

    /// <summary>Where the new parameters go.</summary>
    public required Span<float> NewParameters { get; init; }

    /// <summary>Where the new first moment goes.</summary>
    public Span<float> NewMoment1 { get; init; }

    /// <summary>Where the new second moment goes.</summary>
    public Span<float> NewMoment2 { get; init; }
}
