using System.Runtime.CompilerServices;
using ActorTrain.Kernels;

namespace ActorTrain;

/// <summary>
/// Steps in the parameters' own units (Zeiler 2012), PyTorch's <c>optim.Adadelta</c>: v ← ρ·v + (1−ρ)·g²,
/// d = √(a + ε) / √(v + ε) · g, a ← ρ·a + (1−ρ)·d², θ ← θ − lr·d.
/// </summary>
/// <param name="LearningRate">lr, above 0.</param>
/// <param name="Rho">ρ, from 0, below 1.</param>
/// <param name="Epsilon">ε, above 0.</param>
/// <param name="WeightDecay">λ of λ·θ, which joins the gradient; from 0.</param>
public sealed record Adadelta(
    float LearningRate = 1, float Rho = 0.9f, float Epsilon = 1e-6f, float WeightDecay = 0) : Optimizer
{
    /// <summary>lr, above 0.</summary>
    public override float LearningRate { get; } = Allowed.Above0(LearningRate, nameof(Adadelta), nameof(LearningRate));

    /// <summary>ρ, from 0, below 1.</summary>
    public float Rho { get; } = Allowed.From0Below1(Rho, nameof(Adadelta), nameof(Rho));

    /// <summary>ε, above 0.</summary>
    public float Epsilon { get; } = Allowed.Above0(Epsilon, nameof(Adadelta), nameof(Epsilon));

    /// <summary>λ, from 0.</summary>
    public float WeightDecay { get; } = Allowed.From0(WeightDecay, nameof(Adadelta), nameof(WeightDecay));

    /// <summary>v and a.</summary>
    public override int MomentCount => 2;

    /// <inheritdoc/>
    internal override bool TakesRows => true;

    /// <inheritdoc/>
    public override void Update(in OptimizerUpdate update) => ElementRule.Apply(
        new Rule(Rho, (float)(1 - (double)Rho), Epsilon, update.LearningRate), update, WeightDecay);

    private readonly struct Rule(float rho, float share, float epsilon, float learningRate) : IElementRule
    {
        public static int MomentCount => 2;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVector Apply<TLanes, TVector>(TVector g, TVector parameter, ref TVector square, ref TVector steps)
            where TLanes : struct, ILanes<TVector> where TVector : struct
        {
            TVector decay = TLanes.Create(rho), rest = TLanes.Create(share), little = TLanes.Create(epsilon);
            square = TLanes.FusedMultiplyAdd(rest, TLanes.Multiply(g, g), TLanes.Multiply(decay, square));
            var step = TLanes.Multiply(
                TLanes.Divide(TLanes.Sqrt(TLanes.Add(steps, little)), TLanes.Sqrt(TLanes.Add(square, little))), g);
            steps = TLanes.FusedMultiplyAdd(rest, TLanes.Multiply(step, step), TLanes.Multiply(decay, steps));
            return TLanes.FusedMultiplyAdd(TLanes.Create(-learningRate), step, parameter);
        }
    }
}
