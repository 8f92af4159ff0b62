namespace ActorTrain;

/// <summary>A function of two floats.</summary>
internal interface IBinary
{
    static abstract float Of(float a, float b);
}

/// <summary>
/// Element by element over two tensors, NumPy's rule: shapes are aligned at their ends, and a dimension of size 1 or a
/// missing one goes along with any size.
/// </summary>
internal static class Broadcast
{
    /// <summary>The function of all pairs.</summary>
    /// <exception cref="ShapeMismatchException">The shapes do not go together.</exception>
    public static Tensor Map<TBinary>(string operation, Tensor a, Tensor b) where TBinary : struct, IBinary
    {
        var shape = ShapeOf(operation, a.Shape, b.Shape);
        var result = new float[shape.Count];
        if (a.Shape == shape && b.Shape == shape)
        {
            var x = a.Contiguous().Span;
            var y = b.Contiguous().Span;
            for (var i = 0; i < result.Length; i++) result[i] = TBinary.Of(x[i], y[i]);
            return Tensor.Own(result, shape);
        }
        var (left, right) = (a.Contiguous(), b.Contiguous());
        Fill<TBinary>(shape, left, Strides(shape, a.Shape), right, Strides(shape, b.Shape), result);
        return Tensor.Own(result, shape);
    }

    /// <summary>The shape of both together.</summary>
    public static Shape ShapeOf(string operation, Shape a, Shape b)
    {
        var rank = Math.Max(a.Rank, b.Rank);
        var sizes = new int[rank];
        for (var d = 1; d <= rank; d++)
        {
            var x = d <= a.Rank ? a[^d] : 1;
            var y = d <= b.Rank ? b[^d] : 1;
            if (x != y && x != 1 && y != 1)
                throw new ShapeMismatchException(
                    operation, "second operand", b, $"a shape that goes with {a}",
                    $"Counted from the end, dimension {d} is {x} and {y}; make them equal, or one of them 1.");
            sizes[rank - d] = x == 1 ? y : x;
        }
        return Shape.Create(sizes);
    }

    /// <summary>The gradient of an operand: what went along with several elements gets the sum of theirs.</summary>
    public static Tensor SumTo(Tensor gradient, Shape shape)
    {
        if (gradient.Shape == shape) return gradient;
        var missing = gradient.Shape.Rank - shape.Rank;
        var dimensions = new List<int>();
        for (var d = 0; d < gradient.Shape.Rank; d++)
            if (d < missing || (shape[d - missing] == 1 && gradient.Shape[d] != 1)) dimensions.Add(d);
        return gradient.Sum([.. dimensions], keepDim: true).View(shape.ToArray());
    }

    private static void Fill<TBinary>(
        Shape shape, Tensor a, int[] aStrides, Tensor b, int[] bStrides, Span<float> result)
        where TBinary : struct, IBinary
    {
        var x = a.Span;
        var y = b.Span;
        Span<int> index = stackalloc int[Shape.MaxRank];
        index.Clear();
        var (i, j) = (0, 0);
        for (var k = 0; k < result.Length; k++)
        {
            result[k] = TBinary.Of(x[i], y[j]);
            for (var d = shape.Rank - 1; d >= 0; d--)
            {
                i += aStrides[d];
                j += bStrides[d];
                if (++index[d] < shape[d]) break;
                i -= aStrides[d] * shape[d];
                j -= bStrides[d] * shape[d];
                index[d] = 0;
            }
        }
    }

    // Steps in a contiguous operand for each dimension of the result; 0 where it is repeated.
    private static int[] Strides(Shape shape, Shape operand)
    {
        var strides = new int[shape.Rank];
        var stride = 1;
        for (var d = 1; d <= operand.Rank; d++)
        {
            strides[^d] = operand[^d] == 1 ? 0 : stride;
            stride *= operand[^d];
        }
        return strides;
    }
}
