using ActorTrain.Kernels;

namespace ActorTrain;

/// <summary>
/// Adaptive moments (Kingma and Ba 2015), PyTorch's <c>optim.Adam</c>: m ← β₁·m + (1−β₁)·g, v ← β₂·v + (1−β₂)·g²,
/// θ ← θ − lr · (m / (1−β₁ᵗ)) / (√(v / (1−β₂ᵗ)) + ε), at update t from 1 on.
/// </summary>
/// <param name="LearningRate">lr, above 0.</param>
/// <param name="Beta1">β₁, from 0, below 1.</param>
/// <param name="Beta2">β₂, from 0, below 1.</param>
/// <param name="Epsilon">ε, above 0.</param>
/// <param name="WeightDecay">λ of λ·θ, which joins the gradient; from 0.</param>
public sealed record Adam(
    float LearningRate = 0.001f, float Beta1 = 0.9f, float Beta2 = 0.999f, float Epsilon = 1e-8f, float WeightDecay = 0)
    : Optimizer
{
    /// <summary>lr, above 0.</summary>
    public float LearningRate { get; } = Checked(
        LearningRate, LearningRate > 0 && float.IsFinite(LearningRate), nameof(LearningRate), "a number above 0");

    /// <summary>β₁, from 0, below 1.</summary>
    public float Beta1 { get; } = Checked(Beta1, Beta1 is >= 0 and < 1, nameof(Beta1), "a number from 0, below 1");

    /// <summary>β₂, from 0, below 1.</summary>
    public float Beta2 { get; } = Checked(Beta2, Beta2 is >= 0 and < 1, nameof(Beta2), "a number from 0, below 1");

    /// <summary>ε, above 0.</summary>
    public float Epsilon { get; } = Checked(
        Epsilon, Epsilon > 0 && float.IsFinite(Epsilon), nameof(Epsilon), "a number above 0");

    /// <summary>λ, from 0.</summary>
    public float WeightDecay { get; } = Checked(
        WeightDecay, WeightDecay >= 0 && float.IsFinite(WeightDecay), nameof(WeightDecay), "a number from 0");

    /// <summary>m and v.</summary>
    public override int MomentCount => 2;

    /// <inheritdoc/>
    public override void Update(OptimizerUpdate update)
    {
        var t = update.Step + 1;
        VectorOperations.Adam(
            update.GradientSum, update.Moment1, update.Moment2, update.Parameters,
            new(
                update.GradientScale, (float)(1 - (double)Beta1), Beta2, (float)(1 - (double)Beta2),
                StepSize: (float)(LearningRate / (1 - Power(Beta1, t))),
                RootScale: (float)(1 / Math.Sqrt(1 - Power(Beta2, t))),
                Epsilon, WeightDecay),
            update.NewMoment1, update.NewMoment2, update.NewParameters);
    }

    // By squaring: the platform's own power has other bits elsewhere.
    private static double Power(double value, long exponent)
    {
        var power = 1.0;
        for (; exponent > 0; exponent >>= 1)
        {
            if ((exponent & 1) == 1) power *= value;
            value *= value;
        }
        return power;
    }

    private static float Checked(float value, bool isAllowed, string name, string allowed) => isAllowed
        ? value
        : throw new ArgumentOutOfRangeException(name, value, $"Adam: {name} is {value}; give {allowed}.");
}
