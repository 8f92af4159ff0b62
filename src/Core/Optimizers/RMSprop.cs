using System.Runtime.CompilerServices;
using ActorTrain.Kernels;

namespace ActorTrain;

/// <summary>
/// Gradients divided by their running root mean square (Tieleman and Hinton 2012), PyTorch's <c>optim.RMSprop</c>:
/// v ← α·v + (1−α)·g², b ← µ·b + g / (√v + ε), θ ← θ − lr·b.
/// </summary>
/// <param name="LearningRate">lr, above 0.</param>
/// <param name="Alpha">α, from 0, below 1.</param>
/// <param name="Epsilon">ε, above 0.</param>
/// <param name="Momentum">µ, 0 (none) or more, below 1.</param>
/// <param name="WeightDecay">λ of λ·θ, which joins the gradient; from 0.</param>
public sealed record RMSprop(
    float LearningRate = 0.01f, float Alpha = 0.99f, float Epsilon = 1e-8f, float Momentum = 0, float WeightDecay = 0)
    : Optimizer
{
    /// <summary>lr, above 0.</summary>
    public override float LearningRate { get; } = Allowed.Above0(LearningRate, nameof(RMSprop), nameof(LearningRate));

    /// <summary>α, from 0, below 1.</summary>
    public float Alpha { get; } = Allowed.From0Below1(Alpha, nameof(RMSprop), nameof(Alpha));

    /// <summary>ε, above 0.</summary>
    public float Epsilon { get; } = Allowed.Above0(Epsilon, nameof(RMSprop), nameof(Epsilon));

    /// <summary>µ, from 0, below 1.</summary>
    public float Momentum { get; } = Allowed.From0Below1(Momentum, nameof(RMSprop), nameof(Momentum));

    /// <summary>λ, from 0.</summary>
    public float WeightDecay { get; } = Allowed.From0(WeightDecay, nameof(RMSprop), nameof(WeightDecay));

    /// <summary>v and b; without momentum b is the last quotient.</summary>
    public override int MomentCount => 2;

    /// <inheritdoc/>
    internal override bool TakesRows => true;

    /// <inheritdoc/>
    public override void Update(in OptimizerUpdate update) => ElementRule.Apply(
        new Rule(Alpha, (float)(1 - (double)Alpha), Epsilon, Momentum, update.LearningRate), update, WeightDecay);

    private readonly struct Rule(float alpha, float share, float epsilon, float momentum, float learningRate)
        : IElementRule
    {
        public static int MomentCount => 2;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVector Apply<TLanes, TVector>(TVector g, TVector parameter, ref TVector square, ref TVector buffer)
            where TLanes : struct, ILanes<TVector> where TVector : struct
        {
            square = TLanes.FusedMultiplyAdd(
                TLanes.Create(share), TLanes.Multiply(g, g), TLanes.Multiply(TLanes.Create(alpha), square));
            var divisor = TLanes.Add(TLanes.Sqrt(square), TLanes.Create(epsilon));
            buffer = TLanes.FusedMultiplyAdd(TLanes.Create(momentum), buffer, TLanes.Divide(g, divisor));
            return TLanes.FusedMultiplyAdd(TLanes.Create(-learningRate), buffer, parameter);
        }
    }
}
