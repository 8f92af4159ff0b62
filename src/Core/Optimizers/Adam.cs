using System.Runtime.CompilerServices;
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
    internal override bool TakesRows => true;

    /// <inheritdoc/>
    public override void Update(in OptimizerUpdate update) =>
        ElementRule.Apply(new AdamRule(update, Beta1, Beta2, Epsilon, parameterScale: 1), update, WeightDecay);
}

/// <summary>
/// Adam's rule for one element: m ← m + (1−β₁)(g−m), v ← β₂·v + (1−β₂)·g²,
/// θ ← θ (·parameterScale) − lr/(1−β₁ᵗ) · m / (√v/√(1−β₂ᵗ) + ε); each sum with a product is rounded once.
/// </summary>
internal readonly struct AdamRule : IElementRule
{
    private readonly float _meanRate;
    private readonly float _squareDecay;
    private readonly float _squareRate;
    private readonly float _stepSize;
    private readonly float _rootScale;
    private readonly float _epsilon;
    private readonly float _parameterScale;

    public AdamRule(in OptimizerUpdate update, float beta1, float beta2, float epsilon, float parameterScale)
    {
        var t = update.Step + 1;
        _meanRate = (float)(1 - (double)beta1);
        _squareDecay = beta2;
        _squareRate = (float)(1 - (double)beta2);
        _stepSize = (float)(update.LearningRate / (1 - ExactMath.Power(beta1, t)));
        _rootScale = (float)(1 / Math.Sqrt(1 - ExactMath.Power(beta2, t)));
        _epsilon = epsilon;
        _parameterScale = parameterScale;
    }

    public static int MomentCount => 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Apply<TLanes, TVector>(TVector g, TVector parameter, ref TVector mean, ref TVector square)
        where TLanes : struct, ILanes<TVector> where TVector : struct
    {
        mean = TLanes.FusedMultiplyAdd(TLanes.Create(_meanRate), TLanes.Subtract(g, mean), mean);
        square = TLanes.FusedMultiplyAdd(
            TLanes.Create(_squareRate), TLanes.Multiply(g, g), TLanes.Multiply(TLanes.Create(_squareDecay), square));
        var divisor = TLanes.FusedMultiplyAdd(
            TLanes.Sqrt(square), TLanes.Create(_rootScale), TLanes.Create(_epsilon));
        if (_parameterScale != 1) parameter = TLanes.Multiply(TLanes.Create(_parameterScale), parameter);
        return TLanes.FusedMultiplyAdd(TLanes.Create(-_stepSize), TLanes.Divide(mean, divisor), parameter);
    }
}
