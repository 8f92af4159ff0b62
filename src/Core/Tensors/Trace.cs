namespace ActorTrain;

/// <summary>A function whose gradient may be asked for: open as long as it runs.</summary>
internal sealed class GradScope
{
    /// <summary>True until the function has returned.</summary>
    public bool IsOpen { get; private set; } = true;

    /// <summary>The function has returned.</summary>
    public void Close() => IsOpen = false;
}

/// <summary>
/// How a tensor came about from others, for those that a gradient is asked for. It hangs on the tensor itself: nothing
/// is recorded anywhere else, so functions stay pure, and what nobody holds any more is collected.
/// </summary>
/// <param name="Parents">What it was computed from.</param>
/// <param name="Backward">
/// From the gradient of this tensor, itself and its parents to the gradient of each parent; none where a parent has
/// none. In tensor operations on what it is given, so that a gradient has a gradient.
/// </param>
/// <param name="Scope">Where it is an input of a function: which.</param>
internal sealed record Trace(
    Tensor[] Parents, Func<Tensor, Tensor, Tensor[], Tensor?[]> Backward, GradScope? Scope = null)
{
    /// <summary>More than that of any parent: the gradients of all children are there before it is passed on.</summary>
    public int Order { get; } = Parents.Length == 0 ? 0 : 1 + Parents.Max(p => p.Trace?.Order ?? -1);

    /// <summary>The tensor as an input of a function; what it was to an outer function it still is.</summary>
    public static Tensor Input(Tensor tensor, GradScope scope) =>
        tensor.With(new(tensor.Trace is null ? [] : [tensor], (dy, _, _) => [dy], scope));

    /// <summary>The tensor, traced where a parent is: of a linear function.</summary>
    public static Tensor Of(Tensor output, Tensor parent, Func<Tensor, Tensor> backward) =>
        Of(output, parent, (dy, _, _) => backward(dy));

    /// <summary>The tensor, traced where a parent is.</summary>
    /// <param name="output">The tensor.</param>
    /// <param name="parent">x.</param>
    /// <param name="backward">From its gradient, x and itself to the gradient of x.</param>
    public static Tensor Of(Tensor output, Tensor parent, Func<Tensor, Tensor, Tensor, Tensor> backward) =>
        parent.Trace is null ? output : output.With(new([parent], (dy, y, x) => [backward(dy, x[0], y)]));

    /// <summary>The tensor, traced where one of two parents is.</summary>
    /// <param name="output">The tensor.</param>
    /// <param name="first">a.</param>
    /// <param name="second">b.</param>
    /// <param name="toFirst">From its gradient, a, b and itself to the gradient of a.</param>
    /// <param name="toSecond">The same to that of b.</param>
    public static Tensor Of(
        Tensor output, Tensor first, Tensor second, Func<Tensor, Tensor, Tensor, Tensor, Tensor> toFirst,
        Func<Tensor, Tensor, Tensor, Tensor, Tensor> toSecond)
    {
        var (isFirst, isSecond) = (first.Trace is not null, second.Trace is not null);
        return isFirst || isSecond
            ? output.With(new([first, second], (dy, y, x) =>
            [
                isFirst ? toFirst(dy, x[0], x[1], y) : null, isSecond ? toSecond(dy, x[0], x[1], y) : null,
            ]))
            : output;
    }

    /// <summary>The tensor, traced where one of some parents is.</summary>
    /// <param name="output">The tensor.</param>
    /// <param name="parents">What it was computed from.</param>
    /// <param name="backward">From its gradient and the parents to the gradient of each.</param>
    public static Tensor Of(Tensor output, Tensor[] parents, Func<Tensor, Tensor[], Tensor?[]> backward) =>
        Array.TrueForAll(parents, p => p.Trace is null)
            ? output
            : output.With(new(parents, (dy, _, x) => backward(dy, x)));
}
