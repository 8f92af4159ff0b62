using ActorTrain.Kernels;

namespace ActorTrain;

/// <summary>
/// Adam with decoupled weight decay (Loshchilov and Hutter 2019), PyTorch's <c>optim.AdamW</c>: θ ← θ − lr·λ·θ, then
/// <see cref="Adam"/>'s step with the bare gradient.
/// </summary>
/// <param name="LearningRate">lr, above 0.</param>
/// <param name="Beta1">β₁, from 0, below 1.</param>
/// <param name="Beta2">β₂, from 0, below 1.</param>
/// <param name="Epsilon">ε, above 0.</param>
/// <param name="WeightDecay">λ, from 0.</param>
public sealed record AdamW(
    float LearningRate = 0.001f, float Beta1 = 0.9f, float Beta2 = 0.999f, float Epsilon = 1e-8f,
    float WeightDecay = 0.01f) : Optimizer
{
    /// <summary>lr, above 0.</summary>
    public override float LearningRate { get; } = Allowed.Above0(LearningRate, nameof(AdamW), nameof(LearningRate));

    /// <summary>β₁, from 0, below 1.</summary>
    public float Beta1 { get; } = Allowed.From0Below1(Beta1, nameof(AdamW), nameof(Beta1));

    /// <summary>β₂, from 0, below 1.</summary>
    public float Beta2 { get; } = Allowed.From0Below1(Beta2, nameof(AdamW), nameof(Beta2));

    /// <summary>ε, above 0.</summary>
    public float Epsilon { get; } = Allowed.Above0(Epsilon, nameof(AdamW), nameof(Epsilon));

    /// <summary>λ, from 0.</summary>
    public float WeightDecay { get; } = Allowed.From0(WeightDecay, nameof(AdamW), nameof(WeightDecay));

    /// <summary>m and v.</summary>
    public override int MomentCount => 2;

    /// <inheritdoc/>
    internal override bool TakesRows => true;

    /// <inheritdoc/>
    public override void Update(in OptimizerUpdate update)
    {
        var parameterScale = (float)(1 - ((double)update.LearningRate * WeightDecay));
        ElementRule.Apply(new AdamRule(update, Beta1, Beta2, Epsilon, parameterScale), update, weightDecay: 0);
    }
}
