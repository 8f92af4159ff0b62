namespace ActorTrain;

/// <summary>
/// Gradients of functions of tensors, by reverse accumulation: the function runs once, and the chain rule goes back
/// over what it did. Functions are ordinary ones; they must be pure. A gradient is a function of tensors too: it may be
/// taken again, as in <see cref="Hvp(Func{Tensor, Tensor}, Tensor, Tensor)"/>.
/// </summary>
public static partial class Grad
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
        return (value, F.Pack(model.Layer, gradients).Traced(gradients));
    }

    /// <summary>A function's value, and its vector-Jacobian product.</summary>
    /// <param name="f">From tensors to a tensor.</param>
    /// <param name="inputs">Where.</param>
    /// <returns>
    /// The value, and the function from a gradient of the value to the gradient of each input; zeros where the value
    /// does not depend on it.
    /// </returns>
    public static (Tensor Value, Func<Tensor, Tensor[]> Pullback) Vjp(
        Func<IReadOnlyList<Tensor>, Tensor> f, IReadOnlyList<Tensor> inputs)
    {
        var scope = new GradScope();
        Tensor[] leaves = [.. inputs.Select(x => Trace.Input(x, scope))];
        Tensor value;
        try
        {
            value = f(leaves);
        }
        finally
        {
            scope.Close();
        }
        return (TraceGraph.Live(value), dy => dy.Shape == value.Shape
            ? TraceGraph.Pull(value, dy, leaves)
            : throw new ShapeMismatchException(
                "Vjp", "gradient of the value", dy.Shape, value.Shape.ToString(), "Give one number for each element."));
    }

    /// <summary>A function's value, and its Jacobian-vector product.</summary>
    /// <param name="f">From a tensor to a tensor.</param>
    /// <param name="x">Where.</param>
    /// <param name="v">The direction, of the shape of <paramref name="x"/>.</param>
    /// <returns>f(x) and J·v, of one shape.</returns>
    /// <exception cref="ShapeMismatchException">The direction has another shape.</exception>
    /// <exception cref="NotSupportedException">A layer or loss in it has no formula.</exception>
    public static (Tensor Value, Tensor Tangent) Jvp(Func<Tensor, Tensor> f, Tensor x, Tensor v) =>
        Jvp(inputs => f(inputs[0]), [x], [v]);

    /// <summary>A function's value, and its Jacobian-vector product with respect to all inputs.</summary>
    /// <param name="f">From tensors to a tensor.</param>
    /// <param name="inputs">Where.</param>
    /// <param name="vs">The direction, a tensor for each input.</param>
    /// <inheritdoc cref="Jvp(Func{Tensor, Tensor}, Tensor, Tensor)"/>
    public static (Tensor Value, Tensor Tangent) Jvp(
        Func<IReadOnlyList<Tensor>, Tensor> f, IReadOnlyList<Tensor> inputs, IReadOnlyList<Tensor> vs)
    {
        CheckDirection("Jvp", inputs, vs);
        var (value, pullback) = Vjp(f, inputs);
        // u·(J·v) = (Jᵀ·u)·v for all u: the gradient of the right side to u is J·v.
        var (_, tangent) = ValueAndGrad(u => Dot(pullback(u), vs), Tensor.Zeros(value.Shape));
        return (value, tangent);
    }

    /// <summary>A function's value, and the product of its Hessian with a vector.</summary>
    /// <param name="f">From a tensor to a tensor with one element.</param>
    /// <param name="x">Where.</param>
    /// <param name="v">The vector, of the shape of <paramref name="x"/>.</param>
    /// <returns>f(x), and H·v of the shape of <paramref name="x"/>.</returns>
    /// <exception cref="ShapeMismatchException">
    /// The vector has another shape, or the value more than one element.
    /// </exception>
    /// <exception cref="NotSupportedException">A layer or loss in it has no formula.</exception>
    public static (Tensor Value, Tensor Product) Hvp(Func<Tensor, Tensor> f, Tensor x, Tensor v)
    {
        var (value, products) = Hvp(inputs => f(inputs[0]), [x], [v]);
        return (value, products[0]);
    }

    /// <summary>A function's value, and the product of its Hessian over all inputs with a vector.</summary>
    /// <param name="f">From tensors to a tensor with one element.</param>
    /// <param name="inputs">Where.</param>
    /// <param name="vs">The vector, a tensor for each input.</param>
    /// <returns>f(x), and the product's part for each input.</returns>
    /// <inheritdoc cref="Hvp(Func{Tensor, Tensor}, Tensor, Tensor)"/>
    public static (Tensor Value, Tensor[] Products) Hvp(
        Func<IReadOnlyList<Tensor>, Tensor> f, IReadOnlyList<Tensor> inputs, IReadOnlyList<Tensor> vs)
    {
        CheckDirection("Hvp", inputs, vs);
        var value = Tensor.Scalar(0);
        // The Hessian is symmetric: the gradient of (∇f)·v is H·v.
        var (_, products) = ValueAndGrad(
            at =>
            {
                (value, var gradients) = ValueAndGrad(f, at);
                return Dot(gradients, vs);
            }, inputs);
        return (TraceGraph.Live(value), products);
    }

    private static Tensor Dot(IReadOnlyList<Tensor> a, IReadOnlyList<Tensor> b) =>
        a.Zip(b, (x, y) => (x * y).Sum()).Aggregate((sum, product) => sum + product);

    private static void CheckDirection(string operation, IReadOnlyList<Tensor> inputs, IReadOnlyList<Tensor> vs)
    {
        if (inputs.Count == 0 || vs.Count != inputs.Count)
            throw new ArgumentException(
                $"{operation}: {inputs.Count} inputs and {vs.Count} vectors; give one for each input, at least one.",
                nameof(vs));
        for (var i = 0; i < vs.Count; i++)
            if (vs[i].Shape != inputs[i].Shape)
                throw new ShapeMismatchException(
                    operation, "v", vs[i].Shape, inputs[i].Shape.ToString(), "Give one number for each element.");
    }
}
