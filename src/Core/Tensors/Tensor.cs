namespace ActorTrain;

/// <summary>
/// An immutable float32 array of up to <see cref="Shape.MaxRank"/> dimensions. Views (<see cref="View"/>,
/// <see cref="T"/>, <see cref="Rows"/>) share memory with the tensor they come from; nothing here writes to it.
/// </summary>
public sealed partial class Tensor
{
    private readonly ReadOnlyMemory<float> _memory;
    private readonly Strides _strides;

    private Tensor(ReadOnlyMemory<float> memory, Shape shape, Strides strides)
    {
        _memory = memory;
        Shape = shape;
        _strides = strides;
        IsContiguous = strides.AreRowMajor(shape);
    }

    private Tensor(Tensor tensor, Trace? trace) : this(tensor._memory, tensor.Shape, tensor._strides) => Trace = trace;

    /// <summary>The sizes of the dimensions.</summary>
    public Shape Shape { get; }

    /// <summary>How it came about, where a gradient is asked for.</summary>
    internal Trace? Trace { get; }

    /// <summary>
    /// True when the elements lie in row-major order without gaps; then <see cref="Span"/> may be read.
    /// </summary>
    public bool IsContiguous { get; }

    /// <summary>The elements in row-major order, without a copy.</summary>
    /// <exception cref="InvalidOperationException">The tensor is a transposed view; ask <see cref="Contiguous"/>
    /// first.</exception>
    public ReadOnlySpan<float> Span => IsContiguous
        ? _memory.Span[..Shape.Count]
        : throw new InvalidOperationException(
            $"Tensor.Span: a transposed view of shape {Shape} is not contiguous; call Contiguous() first.");

    /// <summary>
    /// One element, a number: it carries no gradient, so inside a function whose gradient is asked for
    /// <see cref="Select"/> takes its place.
    /// </summary>
    /// <exception cref="ArgumentException">Not one index for each dimension, or an index out of range.</exception>
    /// <exception cref="InvalidOperationException">The tensor's gradient is asked for; to read a number nevertheless,
    /// ask <see cref="Detach"/> first.</exception>
    [System.Runtime.CompilerServices.IndexerName("At")]
    public float this[params ReadOnlySpan<int> index]
    {
        get
        {
            if (Trace is not null)
                throw new InvalidOperationException(
                    "Tensor[...]: a number carries no gradient; use Select(0, i), or Detach() first to read a number.");
            if (index.Length != Shape.Rank)
                throw new ArgumentException(
                    $"Tensor[...]: got {index.Length} indices for shape {Shape}; give {Shape.Rank}.", nameof(index));
            var offset = 0;
            for (var i = 0; i < index.Length; i++)
            {
                if ((uint)index[i] >= (uint)Shape[i])
                {
                    throw new ArgumentException(
                        $"Tensor[...]: index {index[i]} in dimension {i} of shape {Shape}; give 0..{Shape[i] - 1}.",
                        nameof(index));
                }
                offset += index[i] * _strides[i];
            }
            return _memory.Span[offset];
        }
    }

    /// <summary>
    /// Takes over <paramref name="memory"/> without a copy. Whoever hands it over must not write to it again.
    /// </summary>
    /// <exception cref="ArgumentException">The memory does not hold exactly the shape's elements.</exception>
    public static Tensor Own(ReadOnlyMemory<float> memory, Shape shape)
    {
        if (memory.Length != shape.Count)
            throw new ArgumentException(
                $"Tensor: {memory.Length} values do not fill shape {shape}, which has {shape.Count}.", nameof(memory));
        return new(memory, shape, Strides.RowMajor(shape));
    }

    /// <summary>A tensor with a copy of <paramref name="values"/>.</summary>
    /// <exception cref="ArgumentException">The values are not exactly the shape's elements.</exception>
    public static Tensor From(ReadOnlySpan<float> values, Shape shape) => Own(values.ToArray(), shape);

    /// <summary>The same elements in another shape; one size may be −1: what is left.</summary>
    /// <exception cref="ShapeMismatchException">The shape has another number of elements.</exception>
    /// <exception cref="InvalidOperationException">The tensor is not contiguous.</exception>
    public Tensor View(params ReadOnlySpan<int> sizes)
    {
        var wanted = Resolve(sizes);
        if (!IsContiguous)
            throw new InvalidOperationException(
                $"View: a transposed view of shape {Shape} is not contiguous; call Contiguous() first.");
        return Trace.Of(new(_memory, wanted, Strides.RowMajor(wanted)), this, dy => dy.Reshape(Shape.ToArray()));
    }

    /// <summary>The transpose of a matrix, sharing memory: <c>[N, M]</c> of <c>[M, N]</c>.</summary>
    /// <exception cref="ShapeMismatchException">Not two dimensions.</exception>
    public Tensor T() => Shape.Rank == 2
        ? Transpose(0, 1)
        : throw new ShapeMismatchException("T", "input", Shape, "[M, N]", "Transpose matrices only.");

    /// <summary>
    /// Rows <paramref name="start"/> … <paramref name="start"/>+<paramref name="count"/>−1 of the first dimension,
    /// sharing memory.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">There are no such rows.</exception>
    public Tensor Rows(int start, int count)
    {
        if (Shape.Rank == 0) throw new ArgumentOutOfRangeException(nameof(start), "Rows: a scalar has no rows.");
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((long)start + count, Shape[0], nameof(count));
        return Narrow(0, start, count);
    }

    /// <summary>This tensor if its elements lie in row-major order, else a copy that does.</summary>
    public Tensor Contiguous() => IsContiguous ? this : Trace.Of(Own(ToArray(), Shape), this, dy => dy);

    /// <summary>The same elements as a constant: no gradient goes through it; PyTorch's <c>detach</c>.</summary>
    public Tensor Detach() => Trace is null ? this : new(this, null);

    internal Tensor With(Trace trace) => new(this, trace);

    /// <summary>The elements in row-major order, copied.</summary>
    public float[] ToArray()
    {
        if (IsContiguous) return Span.ToArray();
        var result = new float[Shape.Count];
        var constant = Detach();
        Span<int> index = stackalloc int[Shape.Rank];
        for (var i = 0; i < result.Length; i++)
        {
            result[i] = constant[index];
            for (var d = Shape.Rank - 1; d >= 0 && ++index[d] == Shape[d]; d--) index[d] = 0;
        }
        return result;
    }

    /// <summary>The value of a tensor with one element; no gradient goes through it.</summary>
    /// <exception cref="ShapeMismatchException">More or fewer than one element.</exception>
    public float Item() => Shape.Count == 1
        ? _memory.Span[0]
        : throw new ShapeMismatchException(
            "Item", "input", Shape, "[1]", "Only a tensor with one element is a number.");

    /// <summary>As PyTorch prints it.</summary>
    public override string ToString() => TensorText.Of(Detach());

    private Shape Resolve(ReadOnlySpan<int> sizes)
    {
        var known = 1;
        foreach (var size in sizes)
            if (size != -1) known *= size;
        Span<int> resolved = [.. sizes];
        var free = resolved.IndexOf(-1);
        if (free >= 0 && known > 0) resolved[free] = Shape.Count / known;
        var count = 1;
        foreach (var size in resolved) count *= size;
        if (count != Shape.Count || resolved.Contains(-1))
            throw new ShapeMismatchException("View", "input", Shape, $"{known} elements or a multiple",
                $"[{string.Join(", ", sizes.ToArray())}] does not fit {Shape.Count} elements.");
        return Shape.Create(resolved);
    }
}
