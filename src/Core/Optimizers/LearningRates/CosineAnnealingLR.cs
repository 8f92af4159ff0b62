using ActorTrain.Kernels;

namespace ActorTrain;

/// <summary>
/// Half a cosine from lr to the minimum (Loshchilov and Hutter 2017), min + (lr − min)·(1 + cos(π·step/T)) / 2;
/// PyTorch's <c>CosineAnnealingLR</c>. After T updates it rises again, as PyTorch's does.
/// </summary>
/// <param name="TMax">T, updates from the highest rate to the lowest, from 1.</param>
/// <param name="EtaMin">The lowest rate, from 0.</param>
public sealed record CosineAnnealingLR(long TMax, double EtaMin = 0) : LearningRateSchedule
{
    /// <summary>T, from 1.</summary>
    public long TMax { get; } = Allowed.From1(TMax, nameof(CosineAnnealingLR), nameof(TMax));

    /// <summary>The lowest rate, from 0.</summary>
    public double EtaMin { get; } = Allowed.From0(EtaMin, nameof(CosineAnnealingLR), nameof(EtaMin));

    /// <inheritdoc/>
    public override double RateAt(double learningRate, long step) =>
        Between(learningRate, EtaMin, (double)step / TMax);

    /// <summary>From one rate to another along half a cosine; <paramref name="share"/> of the way.</summary>
    internal static double Between(double from, double to, double share) =>
        to + ((from - to) * (1 + ExactMath.CosPi(share)) / 2);
}
