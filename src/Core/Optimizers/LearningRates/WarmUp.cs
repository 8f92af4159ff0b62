namespace ActorTrain;

/// <summary>
/// A rate that grows evenly before another schedule begins: lr · (start + (1 − start)·step/steps) for the first steps,
/// then the other one from its step 0 on; PyTorch's <c>LinearLR</c>, and a <c>SequentialLR</c> of both.
/// </summary>
/// <param name="Steps">Updates that it takes, from 1.</param>
/// <param name="StartFactor">What the first rate is of the optimiser's, above 0, below 1.</param>
/// <param name="Then">What comes after it; none: the optimiser's own rate.</param>
public sealed record WarmUp(long Steps, double StartFactor = 1.0 / 3, LearningRateSchedule? Then = null)
    : LearningRateSchedule
{
    /// <summary>Updates that it takes, from 1.</summary>
    public long Steps { get; } = Allowed.From1(Steps, nameof(WarmUp), nameof(Steps));

    /// <summary>What the first rate is of the optimiser's, above 0, below 1.</summary>
    public double StartFactor { get; } = Allowed.Above0Below1(StartFactor, nameof(WarmUp), nameof(StartFactor));

    /// <summary>What comes after it.</summary>
    public LearningRateSchedule Then { get; } = Then ?? new ConstantRate();

    /// <inheritdoc/>
    public override double RateAt(double learningRate, long step) => step < Steps
        ? learningRate * (StartFactor + ((1 - StartFactor) * step / Steps))
        : Then.RateAt(learningRate, step - Steps);
}
