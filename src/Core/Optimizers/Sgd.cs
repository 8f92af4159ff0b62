using ActorTrain.Kernels;

namespace ActorTrain;

/// <summary>
/// Stochastic gradient descent with momentum (Polyak 1964), PyTorch's <c>optim.SGD</c>: v ← µ·v + g, θ ← θ − lr·v.
/// </summary>
/// <param name="LearningRate">lr, above 0.</param>
/// <param name="Momentum">µ, 0 (none) or more, below 1.</param>
public sealed record Sgd(float LearningRate, float Momentum = 0.9f) : Optimizer
{
    /// <summary>lr, above 0.</summary>
    public float LearningRate { get; } = LearningRate > 0 && float.IsFinite(LearningRate)
        ? LearningRate
        : throw new ArgumentOutOfRangeException(
            nameof(LearningRate), LearningRate, $"Sgd: the learning rate is {LearningRate}; give a number above 0.");

    /// <summary>µ, 0 (none) or more, below 1.</summary>
    public float Momentum { get; } = Momentum is >= 0 and < 1
        ? Momentum
        : throw new ArgumentOutOfRangeException(
            nameof(Momentum), Momentum, $"Sgd: the momentum is {Momentum}; give 0 (none) or more, below 1.");

    /// <summary>The velocity v; without momentum it is the last gradient.</summary>
    public override int MomentCount => 1;

    /// <inheritdoc/>
    public override void Update(OptimizerUpdate update) => VectorOperations.SgdMomentum(
        update.GradientSum, update.Moment1, update.Parameters,
        new(update.GradientScale, Momentum, LearningRate, WeightDecay: 0), update.NewMoment1, update.NewParameters);
}
