using ActorTrain.Kernels;

namespace ActorTrain;

/// <summary>lr · γ^⌊step / size⌋; PyTorch's <c>StepLR</c>.</summary>
/// <param name="StepSize">Updates between two decays, from 1.</param>
/// <param name="Gamma">γ, above 0.</param>
public sealed record StepLR(long StepSize, double Gamma = 0.1) : LearningRateSchedule
{
    /// <summary>Updates between two decays, from 1.</summary>
    public long StepSize { get; } = Allowed.From1(StepSize, nameof(StepLR), nameof(StepSize));

    /// <summary>γ, above 0.</summary>
    public double Gamma { get; } = Allowed.Above0(Gamma, nameof(StepLR), nameof(Gamma));

    /// <inheritdoc/>
    public override double RateAt(double learningRate, long step) =>
        learningRate * ExactMath.Power(Gamma, step / StepSize);
}
