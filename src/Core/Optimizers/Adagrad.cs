using System.Runtime.CompilerServices;
using ActorTrain.Kernels;

namespace ActorTrain;

/// <summary>
/// Gradients divided by the root of the sum of all their squares (Duchi et al. 2011), PyTorch's <c>optim.Adagrad</c>:
/// s ← s + g², θ ← θ − lr / (1 + (t−1)·η) · g / (√s + ε), at update t from 1 on.
/// </summary>
/// <param name="LearningRate">lr, above 0.</param>
/// <param name="LearningRateDecay">η, from 0.</param>
/// <param name="Epsilon">ε, above 0.</param>
/// <param name="WeightDecay">λ of λ·θ, which joins the gradient; from 0.</param>
public sealed record Adagrad(
    float LearningRate = 0.01f, float LearningRateDecay = 0, float Epsilon = 1e-10f, float WeightDecay = 0) : Optimizer
{
    /// <summary>lr, above 0.</summary>
    public override float LearningRate { get; } = Allowed.Above0(LearningRate, nameof(Adagrad), nameof(LearningRate));

    /// <summary>η, from 0.</summary>
    public float LearningRateDecay { get; } =
        Allowed.From0(LearningRateDecay, nameof(Adagrad), nameof(LearningRateDecay));

    /// <summary>ε, above 0.</summary>
    public float Epsilon { get; } = Allowed.Above0(Epsilon, nameof(Adagrad), nameof(Epsilon));

    /// <summary>λ, from 0.</summary>
    public float WeightDecay { get; } = Allowed.From0(WeightDecay, nameof(Adagrad), nameof(WeightDecay));

    /// <summary>s.</summary>
    public override int MomentCount => 1;

    /// <inheritdoc/>
    internal override bool TakesRows => true;

    /// <inheritdoc/>
    public override void Update(in OptimizerUpdate update)
    {
        var rate = (float)(update.LearningRate / (1 + (update.Step * (double)LearningRateDecay)));
        ElementRule.Apply(new Rule(Epsilon, rate), update, WeightDecay);
    }

    private readonly struct Rule(float epsilon, float learningRate) : IElementRule
    {
        public static int MomentCount => 1;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVector Apply<TLanes, TVector>(TVector g, TVector parameter, ref TVector sum, ref TVector none)
            where TLanes : struct, ILanes<TVector> where TVector : struct
        {
            sum = TLanes.FusedMultiplyAdd(g, g, sum);
            var divisor = TLanes.Add(TLanes.Sqrt(sum), TLanes.Create(epsilon));
            return TLanes.FusedMultiplyAdd(TLanes.Create(-learningRate), TLanes.Divide(g, divisor), parameter);
        }
    }
}
