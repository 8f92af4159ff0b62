using System.Runtime.CompilerServices;
using ActorTrain.Kernels;

namespace ActorTrain;

/// <summary>
/// Evolved sign momentum (Chen et al. 2023): u = sign(β₁·m + (1−β₁)·g), θ ← θ − lr·λ·θ − lr·u, m ← β₂·m + (1−β₂)·g.
/// Every element goes the same way each step, so its learning rate is some 3 to 10 times smaller than Adam's.
/// </summary>
/// <param name="LearningRate">lr, above 0.</param>
/// <param name="Beta1">β₁, from 0, below 1.</param>
/// <param name="Beta2">β₂, from 0, below 1.</param>
/// <param name="WeightDecay">λ, kept apart from the gradient; from 0.</param>
public sealed record Lion(
    float LearningRate = 1e-4f, float Beta1 = 0.9f, float Beta2 = 0.99f, float WeightDecay = 0) : Optimizer
{
    /// <summary>lr, above 0.</summary>
    public override float LearningRate { get; } = Allowed.Above0(LearningRate, nameof(Lion), nameof(LearningRate));

    /// <summary>β₁, from 0, below 1.</summary>
    public float Beta1 { get; } = Allowed.From0Below1(Beta1, nameof(Lion), nameof(Beta1));

    /// <summary>β₂, from 0, below 1.</summary>
    public float Beta2 { get; } = Allowed.From0Below1(Beta2, nameof(Lion), nameof(Beta2));

    /// <summary>λ, from 0.</summary>
    public float WeightDecay { get; } = Allowed.From0(WeightDecay, nameof(Lion), nameof(WeightDecay));

    /// <summary>m.</summary>
    public override int MomentCount => 1;

    /// <inheritdoc/>
    internal override bool TakesRows => true;

    /// <inheritdoc/>
    public override void Update(in OptimizerUpdate update)
    {
        var rule = new Rule(
            (float)(1 - (double)Beta1), (float)(1 - (double)Beta2),
            ParameterScale: (float)(1 - ((double)update.LearningRate * WeightDecay)), update.LearningRate);
        ElementRule.Apply(rule, update, weightDecay: 0);
    }

    private readonly record struct Rule(float Share1, float Share2, float ParameterScale, float LearningRate)
        : IElementRule
    {
        public static int MomentCount => 1;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVector Apply<TLanes, TVector>(TVector g, TVector parameter, ref TVector moment, ref TVector none)
            where TLanes : struct, ILanes<TVector> where TVector : struct
        {
            TVector zero = TLanes.Create(0f), back = TLanes.Create(-LearningRate);
            var difference = TLanes.Subtract(g, moment);
            var u = TLanes.FusedMultiplyAdd(TLanes.Create(Share1), difference, moment);
            moment = TLanes.FusedMultiplyAdd(TLanes.Create(Share2), difference, moment);
            var step = TLanes.Select(
                TLanes.LessThan(zero, u), back,
                TLanes.Select(TLanes.LessThan(u, zero), TLanes.Create(LearningRate), u)); // 0 or NaN: stays
            return TLanes.FusedMultiplyAdd(TLanes.Create(ParameterScale), parameter, step);
        }
    }
}
