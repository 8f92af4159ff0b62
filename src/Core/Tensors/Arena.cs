using ActorTrain.Kernels;

namespace ActorTrain;

/// <summary>
/// The memory of one training step: a list of aligned buffers, handed out in order and handed out again in the same
/// order after <see cref="Reset"/>. Steps of one shape take the same buffers, so a steady state allocates nothing.
/// What was taken stays valid until the reset; whoever wants to keep it copies it. A buffer of
/// <see cref="MappedFloats"/> that is handed out again is renewed. For one thread at a time.
/// </summary>
/// <param name="memory">Where new memory is taken from; none: ordinary memory.</param>
public sealed class Arena(VectorMemory? memory = null)
{
    private readonly List<TensorBuffer> _buffers = [];
    private readonly List<Saved[]> _saved = [];
    private int _next;
    private int _nextSaved;

    /// <summary>A buffer of this shape with unspecified contents.</summary>
    public TensorBuffer Take(Shape shape)
    {
        if (_next == _buffers.Count)
        {
            _buffers.Add(TensorBuffer.Allocate(shape, memory));
            return _buffers[_next++];
        }
        if (_buffers[_next].Shape != shape) _buffers[_next] = _buffers[_next].Reshaped(shape);
        MappedFloats.Renew(_buffers[_next].Memory);
        return _buffers[_next++];
    }

    /// <summary>An array of this length with unspecified contents.</summary>
    internal Saved[] TakeSaved(int count)
    {
        if (_nextSaved == _saved.Count) _saved.Add(new Saved[count]);
        else if (_saved[_nextSaved].Length != count) _saved[_nextSaved] = new Saved[count];
        return _saved[_nextSaved++];
    }

    /// <summary>Makes all buffers free again.</summary>
    public void Reset() => _next = _nextSaved = 0;
}

/// <summary>Memory for a tensor that is still being written; <see cref="Freeze"/> ends that.</summary>
public sealed class TensorBuffer
{
    private readonly Memory<float> _memory;
    private readonly Tensor _frozen;

    private TensorBuffer(Memory<float> memory, Shape shape)
    {
        _memory = memory;
        Shape = shape;
        _frozen = Tensor.Own(memory[..shape.Count], shape);
    }

    /// <summary>The shape of the tensor to be.</summary>
    public Shape Shape { get; }

    /// <summary>The elements in row-major order, to write.</summary>
    public Span<float> Span => _memory.Span[..Shape.Count];

    /// <summary>The same memory, to write.</summary>
    public Memory<float> Memory => _memory[..Shape.Count];

    /// <summary>New memory with unspecified contents.</summary>
    /// <param name="shape">The shape of the tensor to be.</param>
    /// <param name="memory">Where it is taken from; none: ordinary memory.</param>
    public static TensorBuffer Allocate(Shape shape, VectorMemory? memory = null) =>
        new(AlignedMemory.Allocate(shape.Count, memory), shape);

    /// <summary>The tensor over this memory, without a copy. Nobody writes to it from here on.</summary>
    public Tensor Freeze() => _frozen;

    internal TensorBuffer Reshaped(Shape shape) =>
        shape.Count <= _memory.Length ? new(_memory, shape) : Allocate(shape);
}
