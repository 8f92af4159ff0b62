namespace ActorTrain;

/// <summary>
/// Gradients of functions of tensors, by reverse accumulation: the function runs once, and the chain rule goes back
/// over what it did. Functions are ordinary ones; they must be pure.
/// </summary>
public static class Grad
{
    /// <summary>A function's value, and its gradient.</summary>
    /// <param name="f">From a tensor to a tensor with one element.</param>
    /// <param name="x">Where.</param>
    /// <exception cref="ShapeMismatchException">The value has more than one element.</exception>
    public static (Tensor Value, Tensor Gradient) ValueAndGrad(Func<Tensor, Tensor> f, Tensor x)
    {
        var (value, gradients) = ValueAndGrad(inputs => f(inputs[0]), [x]);
        return (value, gradients[0]);
    }

    /// <summary>A function's value, and its gradient with respect to each input.</summary>
    /// <param name="f">From tensors to a tensor with one element.</param>
    /// <param name="inputs">Where.</param>
    /// <exception cref="ShapeMismatchException">The value has more than one element.</exception>
    public static (Tensor Value, Tensor[] Gradients) ValueAndGrad(
        Func<IReadOnlyList<Tensor>, Tensor> f, IReadOnlyList<Tensor> inputs)
    {
        var (value, pullback) = Vjp(f, inputs);
        return value.Shape.Count == 1
            ? (value, pullback(Tensor.Ones(value.Shape)))
            : throw new ShapeMismatchException(
                "ValueAndGrad", "the function's value", value.Shape, "[]", "Sum it, or use Vjp.");
    }

    /// <summary>A function's value, and its gradient with respect to a model's parameters.</summary>
    /// <param name="f">
    /// From a model to a tensor with one element, in any way: by <see cref="Model.Forward"/>, by the model's parts, by
    /// their weights.
    /// </param>
    /// <param name="model">Where.</param>
    /// <returns>The value, and the gradient under the parameters' names: <c>gradient["fc1.weight"]</c>.</returns>
    /// <exception cref="ShapeMismatchException">The value has more than one element.</exception>
    public static (Tensor Value, Parameters Gradient) ValueAndGrad(Func<Model, Tensor> f, Model model)
    {
        var (value, gradients) = ValueAndGrad(
            parameters => f(new(model.Layer, model.Parameters.Traced([.. parameters]))), model.Parameters.Tensors());
        return (value, F.Pack(model.Layer, gradients));
    }

    /// <summary>A function's value, and its vector-Jacobian product.</summary>
    /// <param name="f">From tensors to a tensor.</param>
    /// <param name="inputs">Where.</param>
    /// <returns>
    /// The value, and the function from a gradient of the value to the gradient of each input; zeros where the value
    /// does not depend on it.
    /// </returns>
    /// <exception cref="NotSupportedException">An input belongs to an outer gradient.</exception>
    public static (Tensor Value, Func<Tensor, Tensor[]> Pullback) Vjp(
        Func<IReadOnlyList<Tensor>, Tensor> f, IReadOnlyList<Tensor> inputs)
    {
        if (inputs.Any(x => x.Trace is not null))
            throw new NotSupportedException(
                "Grad: a gradient inside a function whose gradient is taken; second derivatives are not supported.");
        Tensor[] leaves = [.. inputs.Select(x => x.With(new Trace([], _ => [])))];
        var value = f(leaves);
        return (value.Detach(), dy => dy.Shape == value.Shape
            ? Pull(value, dy, leaves)
            : throw new ShapeMismatchException(
                "Vjp", "gradient of the value", dy.Shape, value.Shape.ToString(), "Give one number for each element."));
    }

    private static Tensor[] Pull(Tensor value, Tensor dy, Tensor[] leaves)
    {
        var gradients = new Dictionary<Tensor, Tensor>(ReferenceEqualityComparer.Instance) { [value] = dy.Detach() };
        var waiting = new PriorityQueue<Tensor, int>();
        if (value.Trace is { } last) waiting.Enqueue(value, -last.Order);
        while (waiting.TryDequeue(out var tensor, out _))
        {
            var trace = tensor.Trace!;
            if (trace.Parents.Length == 0) continue;
            var toParents = trace.Backward(gradients[tensor]);
            for (var i = 0; i < toParents.Length; i++)
            {
                if (toParents[i] is not { } more || trace.Parents[i].Trace is not { } parent) continue;
                var isNew = !gradients.TryGetValue(trace.Parents[i], out var before);
                gradients[trace.Parents[i]] = isNew ? more : before! + more;
                if (isNew) waiting.Enqueue(trace.Parents[i], -parent.Order);
            }
        }
        return Array.ConvertAll(
            leaves, leaf => gradients.TryGetValue(leaf, out var g) ? g.Contiguous() : Tensor.Zeros(leaf.Shape));
    }
}
