namespace ActorTrain;

/// <summary>
/// The learning rate as a pure function of the number of updates before, so that a run that goes on from anywhere has
/// the rate that it would have had. Open for extension. Names and formulas are those of PyTorch's
/// <c>optim.lr_scheduler</c>, whose <c>step()</c> is called here after every update, not after every epoch.
/// </summary>
public abstract record LearningRateSchedule
{
    /// <summary>The rate of one update.</summary>
    /// <param name="learningRate">The optimiser's own.</param>
    /// <param name="step">Updates made before, from 0.</param>
    public abstract double RateAt(double learningRate, long step);
}

/// <summary>The optimiser's own rate, always.</summary>
public sealed record ConstantRate : LearningRateSchedule
{
    /// <inheritdoc/>
    public override double RateAt(double learningRate, long step) => learningRate;
}
