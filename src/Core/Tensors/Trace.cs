namespace ActorTrain;

/// <summary>
/// How a tensor came about from others, for those that a gradient is asked for. It hangs on the tensor itself: nothing
/// is recorded anywhere else, so functions stay pure, and what nobody holds any more is collected.
/// </summary>
/// <param name="Parents">What it was computed from.</param>
/// <param name="Backward">
/// From the gradient of this tensor to that of each parent; none where a parent has none.
/// </param>
internal sealed record Trace(Tensor[] Parents, Func<Tensor, Tensor?[]> Backward)
{
    /// <summary>More than that of any parent: the gradients of all children are there before it is passed on.</summary>
    public int Order { get; } = Parents.Length == 0 ? 0 : 1 + Parents.Max(p => p.Trace?.Order ?? -1);

    /// <summary>The tensor, traced where a parent is.</summary>
    public static Tensor Of(Tensor output, Tensor parent, Func<Tensor, Tensor> backward) =>
        parent.Trace is null ? output : output.With(new([parent], dy => [backward(dy)]));

    /// <summary>The tensor, traced where one of two parents is.</summary>
    public static Tensor Of(
        Tensor output, Tensor first, Tensor second, Func<Tensor, Tensor> toFirst, Func<Tensor, Tensor> toSecond) =>
        first.Trace is null && second.Trace is null
            ? output
            : output.With(new([first, second], dy =>
            [
                first.Trace is null ? null : toFirst(dy), second.Trace is null ? null : toSecond(dy),
            ]));

    /// <summary>The tensor, traced where one of some parents is.</summary>
    public static Tensor Of(Tensor output, Tensor[] parents, Func<Tensor, Tensor?[]> backward) =>
        Array.TrueForAll(parents, p => p.Trace is null) ? output : output.With(new(parents, backward));
}
