namespace ActorTrain;

/// <summary>
/// One cycle (Smith and Topin 2019): from max/div up to max, then down to max/(div·final), along half a cosine each;
/// PyTorch's <c>OneCycleLR</c> in two phases. The momentum stays as it is (PyTorch's <c>cycle_momentum=False</c>), the
/// optimiser's own rate is not used, and after the last update the rate stays where it ended.
/// </summary>
/// <param name="MaxLR">The highest rate, above 0.</param>
/// <param name="TotalSteps">Updates of the whole cycle, from 1.</param>
/// <param name="PctStart">The share of them in which the rate grows, above 0, below 1.</param>
/// <param name="DivFactor">Highest rate / first rate, above 0.</param>
/// <param name="FinalDivFactor">First rate / last rate, above 0.</param>
public sealed record OneCycleLR(
    double MaxLR, long TotalSteps, double PctStart = 0.3, double DivFactor = 25, double FinalDivFactor = 1e4)
    : LearningRateSchedule
{
    /// <summary>The highest rate, above 0.</summary>
    public double MaxLR { get; } = Allowed.Above0(MaxLR, nameof(OneCycleLR), nameof(MaxLR));

    /// <summary>Updates of the whole cycle, from 1.</summary>
    public long TotalSteps { get; } = Allowed.From1(TotalSteps, nameof(OneCycleLR), nameof(TotalSteps));

    /// <summary>The share of them in which the rate grows, above 0, below 1.</summary>
    public double PctStart { get; } = Allowed.Above0Below1(PctStart, nameof(OneCycleLR), nameof(PctStart));

    /// <summary>Highest rate / first rate, above 0.</summary>
    public double DivFactor { get; } = Allowed.Above0(DivFactor, nameof(OneCycleLR), nameof(DivFactor));

    /// <summary>First rate / last rate, above 0.</summary>
    public double FinalDivFactor { get; } = Allowed.Above0(FinalDivFactor, nameof(OneCycleLR), nameof(FinalDivFactor));

    /// <inheritdoc/>
    public override double RateAt(double learningRate, long step)
    {
        var (first, top, end) = (MaxLR / DivFactor, (PctStart * TotalSteps) - 1, (double)TotalSteps - 1);
        var last = first / FinalDivFactor;
        if (step >= end) return last;
        // A rise of no steps is at its top: 0 of 0 steps.
        return step <= top
            ? CosineAnnealingLR.Between(first, MaxLR, top > 0 ? step / top : 1)
            : CosineAnnealingLR.Between(MaxLR, last, (step - top) / (end - top));
    }
}
