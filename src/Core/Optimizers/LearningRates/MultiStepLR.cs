using System.Collections.Immutable;
using ActorTrain.Kernels;

namespace ActorTrain;

/// <summary>lr · γ^(milestones reached); PyTorch's <c>MultiStepLR</c>.</summary>
/// <param name="Milestones">Updates from which on the rate is decayed once more, growing.</param>
/// <param name="Gamma">γ, above 0.</param>
public sealed record MultiStepLR(ImmutableArray<long> Milestones, double Gamma = 0.1) : LearningRateSchedule
{
    /// <summary>Updates from which on the rate is decayed once more, growing, at least one.</summary>
    public ImmutableArray<long> Milestones { get; } = IsGrowing(Milestones)
        ? Milestones
        : throw new ArgumentException(
            $"MultiStepLR: Milestones are {string.Join(", ", Milestones.AsSpan().ToArray())}; give growing whole "
            + "numbers from 1.",
            nameof(Milestones));

    /// <summary>γ, above 0.</summary>
    public double Gamma { get; } = Allowed.Above0(Gamma, nameof(MultiStepLR), nameof(Gamma));

    /// <inheritdoc/>
    public override double RateAt(double learningRate, long step)
    {
        var reached = 0;
        foreach (var milestone in Milestones)
            if (step >= milestone) reached++;
        return learningRate * ExactMath.Power(Gamma, reached);
    }

    /// <summary>Equal milestones and decay.</summary>
    public bool Equals(MultiStepLR? other) =>
        other is not null && Gamma == other.Gamma && Milestones.AsSpan().SequenceEqual(other.Milestones.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Milestones.Length, Milestones[0], Gamma);

    private static bool IsGrowing(ImmutableArray<long> milestones)
    {
        var last = 0L;
        // A span: default, too, is none.
        foreach (var milestone in milestones.AsSpan())
        {
            if (milestone <= last) return false;
            last = milestone;
        }
        return last > 0;
    }
}
