namespace ActorTrain;

/// <summary>A bound on the mean gradient of a minibatch before the optimiser sees it.</summary>
public abstract record GradientClipping
{
    private protected GradientClipping()
    {
    }
}

/// <summary>
/// The gradient is shortened where its length is above a bound, g ← g · min(1, max / (‖g‖ + 10⁻⁶)), over all parameters
/// together; PyTorch's <c>clip_grad_norm_</c>. The length is of the whole minibatch's gradient, summed in one fixed
/// order, so it does not depend on who computed which part.
/// </summary>
/// <param name="MaxNorm">The bound, above 0.</param>
public sealed record ClipByNorm(float MaxNorm) : GradientClipping
{
    /// <summary>The bound, above 0.</summary>
    public float MaxNorm { get; } = Allowed.Above0(MaxNorm, nameof(ClipByNorm), nameof(MaxNorm));

    /// <summary>What a gradient of this length is multiplied with.</summary>
    public float Factor(double norm) => (float)Math.Min(1, MaxNorm / (norm + 1e-6));
}

/// <summary>
/// Each element is held between −limit and limit; PyTorch's <c>clip_grad_value_</c>.
/// </summary>
/// <param name="Limit">The bound, above 0.</param>
public sealed record ClipByValue(float Limit) : GradientClipping
{
    /// <summary>The bound, above 0.</summary>
    public float Limit { get; } = Allowed.Above0(Limit, nameof(ClipByValue), nameof(Limit));
}
