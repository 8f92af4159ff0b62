namespace ActorTrain;

public sealed partial class Tensor
{
    /// <summary>The same elements in another shape, sharing memory where they lie in order, else copied.</summary>
    /// <inheritdoc cref="View"/>
    public Tensor Reshape(params ReadOnlySpan<int> sizes) => Contiguous().View(sizes);

    /// <summary>
    /// Another shape with another number of elements: the first ones in row-major order, and zeros after them.
    /// </summary>
    public Tensor Resize(Shape shape)
    {
        var values = new float[shape.Count];
        var own = Contiguous().Span;
        own[..Math.Min(own.Length, values.Length)].CopyTo(values);
        return Trace.Of(Own(values, shape), this, dy => dy.Resize(Shape));
    }

    /// <summary>Two dimensions exchanged, sharing memory.</summary>
    /// <param name="dim0">One; below 0: counted from the end.</param>
    /// <param name="dim1">The other.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such dimension.</exception>
    public Tensor Transpose(int dim0, int dim1)
    {
        var (first, second) = (Dimension("Transpose", dim0), Dimension("Transpose", dim1));
        var sizes = Shape.ToArray();
        var strides = _strides.ToArray();
        (sizes[first], sizes[second]) = (sizes[second], sizes[first]);
        (strides[first], strides[second]) = (strides[second], strides[first]);
        return Trace.Of(
            new(_memory, Shape.Create(sizes), new(strides)), this, dy => dy.Transpose(first, second));
    }

    /// <summary>A part of one dimension, sharing memory; PyTorch's <c>narrow</c>.</summary>
    /// <param name="dim">Which; below 0: counted from the end.</param>
    /// <param name="start">The first of it.</param>
    /// <param name="length">How many.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such part.</exception>
    public Tensor Narrow(int dim, int start, int length)
    {
        var d = Dimension("Narrow", dim);
        if (start < 0 || length < 0 || (long)start + length > Shape[d])
            throw new ArgumentOutOfRangeException(
                nameof(start), start,
                $"Narrow: {length} from {start} on of dimension {dim} of {Shape}; give a part of 0..{Shape[d] - 1}.");
        var sizes = Shape.ToArray();
        sizes[d] = length;
        // A part without elements may begin behind all memory.
        var shape = Shape.Create(sizes);
        var first = shape.Count == 0 ? 0 : start * _strides[d];
        var part = new Tensor(_memory[first..], shape, _strides);
        return Trace.Of(part, this, dy => Padded(dy, d, start));
    }

    /// <summary>Rows of the first dimension, sharing memory: <c>x[1..3]</c>, <c>x[^2..]</c>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There are no such rows.</exception>
    [System.Runtime.CompilerServices.IndexerName("At")]
    public Tensor this[Range rows]
    {
        get
        {
            var (start, length) = rows.GetOffsetAndLength(Shape[Dimension("x[a..b]", 0)]);
            return Narrow(0, start, length);
        }
    }

    /// <summary>One index of a dimension, which goes away, sharing memory; PyTorch's <c>select</c>.</summary>
    /// <inheritdoc cref="Narrow"/>
    public Tensor Select(int dim, int index) => Narrow(dim, index, 1).Squeeze(dim);

    /// <summary>Without a dimension of size 1, sharing memory.</summary>
    /// <exception cref="ShapeMismatchException">Its size is another.</exception>
    public Tensor Squeeze(int dim)
    {
        var d = Dimension("Squeeze", dim);
        if (Shape[d] != 1)
            throw new ShapeMismatchException(
                "Squeeze", "input", Shape, $"size 1 in dimension {dim}", "Give a dimension of size 1.");
        return Trace.Of(
            new(_memory, Shape.Create(Without(Shape.ToArray())), new(Without(_strides.ToArray()))), this,
            dy => dy.Unsqueeze(d));

        int[] Without(int[] all) => [.. all[..d], .. all[(d + 1)..]];
    }

    /// <summary>With a dimension of size 1 more at this place, sharing memory.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such place.</exception>
    public Tensor Unsqueeze(int dim)
    {
        var d = dim < 0 ? dim + Shape.Rank + 1 : dim;
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)d, (uint)Shape.Rank, nameof(dim));
        var sizes = Shape.ToArray();
        var strides = _strides.ToArray();
        var stride = d < Shape.Rank ? strides[d] * sizes[d] : 1;
        return Trace.Of(
            new(
                _memory, Shape.Create([.. sizes[..d], 1, .. sizes[d..]]),
                new([.. strides[..d], stride, .. strides[d..]])),
            this, dy => dy.Squeeze(d));
    }

    /// <summary>Tensors one after another along a dimension that they have.</summary>
    /// <exception cref="ArgumentException">None are given.</exception>
    /// <exception cref="ShapeMismatchException">Another dimension differs.</exception>
    public static Tensor Cat(IReadOnlyList<Tensor> tensors, int dim = 0)
    {
        if (tensors.Count == 0) throw new ArgumentException("Cat: give at least one tensor.", nameof(tensors));
        var d = tensors[0].Dimension("Cat", dim);
        var sizes = tensors[0].Shape.ToArray();
        sizes[d] = 0;
        foreach (var tensor in tensors)
        {
            var own = tensor.Shape.ToArray();
            if (own.Length != sizes.Length || own.Where((size, i) => i != d && size != sizes[i]).Any())
                throw new ShapeMismatchException(
                    "Cat", "a tensor", tensor.Shape, $"{tensors[0].Shape} in all dimensions but {dim}",
                    "Give tensors that differ in that dimension only.");
            sizes[d] += own[d];
        }
        var outer = sizes[..d].Aggregate(1, (product, size) => product * size);
        var inner = sizes[(d + 1)..].Aggregate(1, (product, size) => product * size);
        var values = new float[Shape.Create(sizes).Count];
        var start = 0;
        foreach (var tensor in tensors)
        {
            var length = tensor.Shape[d] * inner;
            var own = tensor.Contiguous().Span;
            for (var i = 0; i < outer; i++)
                own.Slice(i * length, length).CopyTo(values.AsSpan((i * sizes[d] * inner) + start));
            start += length;
        }
        return Trace.Of(Own(values, Shape.Create(sizes)), [.. tensors], (dy, _) =>
        {
            var first = 0;
            return [.. tensors.Select(t => dy.Narrow(d, (first += t.Shape[d]) - t.Shape[d], t.Shape[d]))];
        });
    }

    /// <summary>Tensors of one shape as the parts of a new dimension.</summary>
    /// <inheritdoc cref="Cat"/>
    public static Tensor Stack(IReadOnlyList<Tensor> tensors, int dim = 0) =>
        Cat([.. tensors.Select(t => t.Unsqueeze(dim))], dim);

    /// <summary>Elements by their places in row-major order, 0 where a place is below 0.</summary>
    internal Tensor Taken(int[] places, Shape shape)
    {
        var x = Contiguous().Span;
        var values = new float[places.Length];
        for (var i = 0; i < values.Length; i++) values[i] = places[i] < 0 ? 0 : x[places[i]];
        return Trace.Of(Own(values, shape), this, dy => dy.Put(places, Shape));
    }

    // Zeros, and these elements added at places.
    private Tensor Put(int[] places, Shape shape)
    {
        var x = Contiguous().Span;
        var values = new float[shape.Count];
        for (var i = 0; i < x.Length; i++)
            if (places[i] >= 0) values[places[i]] += x[i];
        return Trace.Of(Own(values, shape), this, dy => dy.Taken(places, Shape));
    }

    // Zeros of this shape, but the gradient in a part of a dimension.
    private Tensor Padded(Tensor gradient, int dim, int start)
    {
        Tensor Gap(int length)
        {
            var sizes = Shape.ToArray();
            sizes[dim] = length;
            return Zeros(Shape.Create(sizes));
        }
        return Cat([Gap(start), gradient, Gap(Shape[dim] - start - gradient.Shape[dim])], dim);
    }
}
