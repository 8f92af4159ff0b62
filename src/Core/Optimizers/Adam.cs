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
/// <param name="WeightDecay">λ of λ·θ, which joins the gradient; from 0. <see cref="AdamW"/> keeps it apart.</param>
public sealed record Adam(
    float LearningRate = 0.001f, float Beta1 = 0.9f, float Beta2 = 0.999f, float Epsilon = 1e-8f, float WeightDecay = 0)
    : Optimizer
{
    /// <summary>lr, above 0.</summary>
    public override float LearningRate { get; } = Allowed.Above0(LearningRate, nameof(Adam), nameof(LearningRate));

    /// <summary>β₁, from 0, below 1.</summary>
    public float Beta1 { get; } = Allowed.From0Below1(Beta1, nameof(Adam), nameof(Beta1));

    /// <summary>β₂, from 0, below 1.</summary>
    public float Beta2 { get; } = Allowed.From0Below1(Beta2, nameof(Adam), nameof(Beta2));

    /// <summary>ε, above 0.</summary>
    public float Epsilon { get; } = Allowed.Above0(Epsilon, nameof(Adam), nameof(Epsilon));

    /// <summary>λ, from 0.</summary>
    public float WeightDecay { get; } = Allowed.From0(WeightDecay, nameof(Adam), nameof(WeightDecay));

    /// <summary>m and v.</summary>
    public override int MomentCount => 2;

    /// <inheritdoc/>
    public override void Update(OptimizerUpdate update) =>
        Apply(update, StepOf(update, Beta1, Beta2, Epsilon) with { WeightDecay = WeightDecay });

    /// <summary>The numbers of an update, without weight decay.</summary>
    internal static AdamStep StepOf(OptimizerUpdate update, float beta1, float beta2, float epsilon)
    {
        var t = update.Step + 1;
        return new(
            update.GradientScale, (float)(1 - (double)beta1), beta2, (float)(1 - (double)beta2),
            StepSize: (float)(update.LearningRate / (1 - ExactMath.Power(beta1, t))),
            RootScale: (float)(1 / Math.Sqrt(1 - ExactMath.Power(beta2, t))),
            epsilon);
    }

    /// <summary>One pass with these numbers.</summary>
    internal static void Apply(OptimizerUpdate update, AdamStep step) => VectorOperations.Adam(
        update.GradientSum, update.Moment1, update.Moment2, update.Parameters, step,
        update.NewMoment1, update.NewMoment2, update.NewParameters);
}
