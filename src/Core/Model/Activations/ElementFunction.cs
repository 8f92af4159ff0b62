namespace ActorTrain;

/// <summary>
/// An activation of your own: a function of each element alone, by two pure functions of a number. The bits are the
/// same everywhere as long as these are made of what rounds alike everywhere: + − · /, square root, comparisons.
/// </summary>
public abstract record ElementFunction : Activation
{
    /// <summary>y = f(x).</summary>
    protected abstract float Value(float x);

    /// <summary>f′(x).</summary>
    protected abstract float Slope(float x);

    private protected sealed override void Run<TPass>(TPass pass) => pass.Each(Value, Slope);

    private protected sealed override Tensor Curvature(Tensor x) => throw new NotSupportedException(
        $"Grad: {this} has a value and a slope, but no Hvp or second derivative; use tensor operations, or make it a "
        + "Layer with a Formula.");
}
