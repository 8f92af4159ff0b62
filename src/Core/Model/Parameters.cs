namespace ActorTrain;

/// <summary>A layer's parameters (or their gradient): a layout and the flat memory it describes. Immutable.</summary>
public readonly struct Parameters
{
    private readonly ReadOnlyMemory<float> _memory;

    /// <summary>Parameters over <paramref name="vector"/>, without a copy.</summary>
    /// <exception cref="ArgumentException">The vector does not have the layout's length.</exception>
    public Parameters(ParameterLayout layout, FlatVector vector) : this(layout, vector.Memory) { }

    internal Parameters(ParameterLayout layout, ReadOnlyMemory<float> memory)
    {
        if (memory.Length != layout.Count)
            throw new ArgumentException(
                $"Parameters: {memory.Length} floats do not fill a layout of {layout.Count}.", nameof(memory));
        Layout = layout;
        _memory = memory;
    }

    /// <summary>Where each tensor lies.</summary>
    public ParameterLayout Layout { get; }

    /// <summary>All floats in layout order.</summary>
    public ReadOnlySpan<float> Span => _memory.Span;

    /// <summary>All floats in layout order, without a copy.</summary>
    public ReadOnlyMemory<float> Memory => _memory;

    /// <summary>One tensor by name, in PyTorch's shape, sharing memory.</summary>
    /// <exception cref="KeyNotFoundException">There is none of that name.</exception>
    public Tensor this[string name]
    {
        get
        {
            var slot = Layout[name];
            var memory = _memory.Slice(slot.Offset, slot.Shape.Count);
            return slot.StoredTransposed
                ? Tensor.Own(memory, [slot.Shape[1], slot.Shape[0]]).T()
                : Tensor.Own(memory, slot.Shape);
        }
    }

    /// <summary>The memory of slot <paramref name="index"/> as it is stored.</summary>
    public ReadOnlySpan<float> Stored(int index)
    {
        var slot = Layout.Slots[index];
        return _memory.Span.Slice(slot.Offset, slot.Shape.Count);
    }

    /// <summary>The parameters of the child layer with this index.</summary>
    public Parameters Child(int index)
    {
        var (offset, layout) = Layout.Child(index);
        return new(layout, _memory.Slice(offset, layout.Count));
    }
}

/// <summary>Memory for parameters that are still being written; <see cref="Freeze"/> ends that.</summary>
public readonly struct ParameterBuffer
{
    private readonly Memory<float> _memory;

    internal ParameterBuffer(ParameterLayout layout, Memory<float> memory)
    {
        Layout = layout;
        _memory = memory;
    }

    /// <summary>Where each tensor lies.</summary>
    public ParameterLayout Layout { get; }

    /// <summary>All floats in layout order, to write.</summary>
    public Span<float> Span => _memory.Span;

    /// <summary>The memory of slot <paramref name="index"/> as it is stored, to write.</summary>
    public Span<float> Stored(int index)
    {
        var slot = Layout.Slots[index];
        return _memory.Span.Slice(slot.Offset, slot.Shape.Count);
    }

    /// <summary>The part that belongs to the child layer with this index.</summary>
    public ParameterBuffer Child(int index)
    {
        var (offset, layout) = Layout.Child(index);
        return new(layout, _memory.Slice(offset, layout.Count));
    }

    /// <summary>The parameters over this memory, without a copy. Nobody writes to it from here on.</summary>
    public Parameters Freeze() => new(Layout, _memory);
}
