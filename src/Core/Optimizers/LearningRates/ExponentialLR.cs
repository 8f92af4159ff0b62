using ActorTrain.Kernels;

namespace ActorTrain;

/// <summary>lr · γ^step; PyTorch's <c>ExponentialLR</c>. Once an epoch it is <see cref="StepLR"/>.</summary>
/// <param name="Gamma">γ, above 0.</param>
public sealed record ExponentialLR(double Gamma) : LearningRateSchedule
{
    /// <summary>γ, above 0.</summary>
    public double Gamma { get; } = Allowed.Above0(Gamma, nameof(ExponentialLR), nameof(Gamma));

    /// <inheritdoc/>
    public override double RateAt(double learningRate, long step) => learningRate * ExactMath.Power(Gamma, step);
}
