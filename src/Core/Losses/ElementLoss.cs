namespace ActorTrain;

/// <summary>
/// A loss of each element of an output beside a target of the same shape; a formula over tensors, so that
/// <see cref="Grad"/> gives its gradient to both. Open for extension; a loss of your own must be pure.
/// </summary>
public abstract record ElementLoss
{
    /// <summary>The loss of each element.</summary>
    /// <param name="output">Any shape.</param>
    /// <param name="target">The same.</param>
    protected abstract Tensor Elements(Tensor output, Tensor target);

    /// <summary>The loss.</summary>
    /// <param name="output">Any shape.</param>
    /// <param name="target">The same.</param>
    /// <param name="reduction">What becomes of the elements' losses.</param>
    /// <returns>A scalar, or one for each element.</returns>
    /// <exception cref="ShapeMismatchException">The shapes differ.</exception>
    public Tensor Of(Tensor output, Tensor target, Reduction reduction = Reduction.Mean)
    {
        if (output.Shape != target.Shape)
            throw new ShapeMismatchException(
                GetType().Name, "target", target.Shape, output.Shape.ToString(), "Give one for each output.");
        var elements = Elements(output, target);
        return reduction switch
        {
            Reduction.Mean => elements.Mean(),
            Reduction.Sum => elements.Sum(),
            Reduction.None => elements,
        };
    }
}

/// <summary>Squared error, (x − t)²; PyTorch's <c>nn.MSELoss</c>.</summary>
public sealed record MSELoss : ElementLoss
{
    /// <inheritdoc/>
    protected override Tensor Elements(Tensor output, Tensor target) => (output - target).Pow(2);
}

/// <summary>Absolute error, |x − t|; PyTorch's <c>nn.L1Loss</c>.</summary>
public sealed record L1Loss : ElementLoss
{
    /// <inheritdoc/>
    protected override Tensor Elements(Tensor output, Tensor target) => (output - target).Abs();
}

/// <summary>
/// d²/2 where d = |x − t| is at most δ, δ·(d − δ/2) beyond (Huber 1964); PyTorch's <c>nn.HuberLoss</c>.
/// </summary>
/// <param name="Delta">δ, above 0.</param>
public sealed record HuberLoss(float Delta = 1) : ElementLoss
{
    /// <summary>δ, above 0.</summary>
    public float Delta { get; } = Allowed.Above0(Delta, nameof(HuberLoss), nameof(Delta));

    /// <inheritdoc/>
    protected override Tensor Elements(Tensor output, Tensor target) => Of((output - target).Abs(), Delta);

    // With c = min(d, δ), c·(d − c/2) is both.
    internal static Tensor Of(Tensor distance, float delta)
    {
        var near = distance.Clamp(max: delta);
        return near * (distance - (near * 0.5f));
    }
}

/// <summary>
/// d²/(2β) where d = |x − t| is at most β, d − β/2 beyond (Girshick 2015); PyTorch's <c>nn.SmoothL1Loss</c>.
/// </summary>
/// <param name="Beta">β, above 0.</param>
public sealed record SmoothL1Loss(float Beta = 1) : ElementLoss
{
    /// <summary>β, above 0.</summary>
    public float Beta { get; } = Allowed.Above0(Beta, nameof(SmoothL1Loss), nameof(Beta));

    /// <inheritdoc/>
    protected override Tensor Elements(Tensor output, Tensor target) =>
        HuberLoss.Of((output - target).Abs(), Beta) / Beta;
}

/// <summary>
/// Binary cross entropy of probabilities, −t·ln x − (1 − t)·ln(1 − x), each logarithm at least −100; PyTorch's
/// <c>nn.BCELoss</c>. Its model ends in <see cref="Sigmoid"/>; <see cref="BCEWithLogitsLoss"/> is more exact. As in
/// PyTorch, no gradient goes to the target.
/// </summary>
public sealed record BCELoss : ElementLoss
{
    // ∂L/∂x = (x − t) / (x·(1 − x)), as of PyTorch with a divisor that is never 0: at probabilities 0 and 1 the
    // logarithms' own slopes are infinite, and 0 times one is no number.
    private const float LeastDivisor = 1e-12f;

    /// <inheritdoc/>
    protected override Tensor Elements(Tensor output, Tensor target)
    {
        var (x, t) = (output.Detach(), target.Detach());
        return Trace.Of(
            -((t * x.Log().Clamp(min: -100)) + ((1 - t) * (1 - x).Log().Clamp(min: -100))), output,
            (dy, at, _) => dy * (at - t) / (at * (1 - at)).Clamp(min: LeastDivisor));
    }
}

/// <summary>
/// Binary cross entropy of logits, (1 − t)·x + ln(1 + e⁻ˣ); PyTorch's <c>nn.BCEWithLogitsLoss</c>. Its model ends in
/// logits. As in PyTorch, no gradient goes to the target.
/// </summary>
public sealed record BCEWithLogitsLoss : ElementLoss
{
    /// <inheritdoc/>
    protected override Tensor Elements(Tensor output, Tensor target) =>
        ((1 - target.Detach()) * output) + F.Softplus(-output, threshold: 88);
}
