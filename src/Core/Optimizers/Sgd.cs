using System.Runtime.CompilerServices;
using ActorTrain.Kernels;

namespace ActorTrain;

/// <summary>
/// Stochastic gradient descent with momentum (Polyak 1964), PyTorch's <c>optim.SGD</c>: g ← g + λ·θ,
/// v ← µ·v + (1−τ)·g, at the first update v ← g; θ ← θ − lr·v, or with Nesterov's momentum θ ← θ − lr·(g + µ·v).
/// </summary>
/// <param name="LearningRate">lr, above 0.</param>
/// <param name="Momentum">µ, 0 (none) or more, below 1. Default 0.9, where PyTorch's is 0.</param>
/// <param name="Dampening">τ, from 0, below 1.</param>
/// <param name="WeightDecay">λ, from 0.</param>
/// <param name="Nesterov">Looks ahead along the velocity; wants momentum and no dampening.</param>
public sealed record Sgd(
    float LearningRate, float Momentum = 0.9f, float Dampening = 0, float WeightDecay = 0, bool Nesterov = false)
    : Optimizer
{
    /// <summary>lr, above 0.</summary>
    public override float LearningRate { get; } = LearningRate > 0 && float.IsFinite(LearningRate)
        ? LearningRate
        : throw new ArgumentOutOfRangeException(
            nameof(LearningRate), LearningRate, $"Sgd: the learning rate is {LearningRate}; give a number above 0.");

    /// <summary>µ, 0 (none) or more, below 1.</summary>
    public float Momentum { get; } = Momentum is >= 0 and < 1
        ? Momentum
        : throw new ArgumentOutOfRangeException(
            nameof(Momentum), Momentum, $"Sgd: the momentum is {Momentum}; give 0 (none) or more, below 1.");

    /// <summary>τ, from 0, below 1.</summary>
    public float Dampening { get; } = Allowed.From0Below1(Dampening, nameof(Sgd), nameof(Dampening));

    /// <summary>λ, from 0.</summary>
    public float WeightDecay { get; } = Allowed.From0(WeightDecay, nameof(Sgd), nameof(WeightDecay));

    /// <summary>Looks ahead along the velocity.</summary>
    public bool Nesterov { get; } = !Nesterov || (Momentum > 0 && Dampening == 0)
        ? Nesterov
        : throw new ArgumentException(
            $"Sgd: Nesterov with Momentum {Momentum} and Dampening {Dampening}; give a momentum above 0 and no "
            + "dampening.", nameof(Nesterov));

    /// <summary>The velocity v; without momentum it is the last gradient.</summary>
    public override int MomentCount => 1;

    /// <inheritdoc/>
    internal override bool TakesRows => true;

    /// <inheritdoc/>
    public override void Update(in OptimizerUpdate update)
    {
        if (Nesterov || Dampening != 0)
        {
            var share = update.Step == 0 || Momentum == 0 ? 1 : 1 - Dampening;
            ElementRule.Apply(new Rule(Momentum, share, Nesterov, update.LearningRate), update, WeightDecay);
        }
        else ElementRule.Apply(new PlainRule(Momentum, update.LearningRate), update, WeightDecay);
    }

    private readonly struct PlainRule(float momentum, float learningRate) : IElementRule
    {
        public static int MomentCount => 1;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVector Apply<TLanes, TVector>(TVector g, TVector parameter, ref TVector velocity, ref TVector none)
            where TLanes : struct, ILanes<TVector> where TVector : struct
        {
            velocity = TLanes.FusedMultiplyAdd(TLanes.Create(momentum), velocity, g);
            return TLanes.FusedMultiplyAdd(TLanes.Create(-learningRate), velocity, parameter);
        }
    }

    private readonly struct Rule(float momentum, float share, bool isNesterov, float learningRate) : IElementRule
    {
        public static int MomentCount => 1;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVector Apply<TLanes, TVector>(TVector g, TVector parameter, ref TVector velocity, ref TVector none)
            where TLanes : struct, ILanes<TVector> where TVector : struct
        {
            var decay = TLanes.Create(momentum);
            velocity = TLanes.FusedMultiplyAdd(decay, velocity, TLanes.Multiply(TLanes.Create(share), g));
            var direction = isNesterov ? TLanes.FusedMultiplyAdd(decay, velocity, g) : velocity;
            return TLanes.FusedMultiplyAdd(TLanes.Create(-learningRate), direction, parameter);
        }
    }
}
