namespace ActorTrain;

/// <summary>A layer's parameters (or their gradient): a layout and the flat memory it describes. Immutable.</summary>
public readonly struct Parameters
{
    private readonly ReadOnlyMemory<float> _memory;

    // The layout, or with it the tensors that a gradient goes through: one field, since parameters are passed by value.
    private readonly object _layout;

    /// <summary>Parameters over <paramref name="vector"/>, without a copy.</summary>
    /// <exception cref="ArgumentException">The vector does not have the layout's length.</exception>
    public Parameters(ParameterLayout layout, FlatVector vector) : this(layout, vector.Memory) { }

    internal Parameters(ParameterLayout layout, ReadOnlyMemory<float> memory)
    {
        if (memory.Length != layout.Count)
            throw new ArgumentException(
                $"Parameters: {memory.Length} floats do not fill a layout of {layout.Count}.", nameof(memory));
        _layout = layout;
        _memory = memory;
    }

    private Parameters(TracedTensors traced, ReadOnlyMemory<float> memory) => (_layout, _memory) = (traced, memory);

    /// <summary>Where each tensor lies.</summary>
    public ParameterLayout Layout => _layout is TracedTensors traced ? traced.Layout : (ParameterLayout)_layout;

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
            if (_layout is TracedTensors traced) return traced.Tensors[Layout.Slots.IndexOf(slot)];
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
        var memory = _memory.Slice(offset, layout.Count);
        if (_layout is not TracedTensors traced) return new(layout, memory);
        var first = 0;
        for (var i = 0; i < index; i++) first += Layout.Child(i).Layout.Slots.Length;
        return new(new TracedTensors(layout, traced.Tensors[first..(first + layout.Slots.Length)]), memory);
    }

    /// <summary>All tensors in layout order, in PyTorch's shapes.</summary>
    internal Tensor[] Tensors()
    {
        if (_layout is TracedTensors traced) return traced.Tensors;
        var tensors = new Tensor[Layout.Slots.Length];
        for (var i = 0; i < tensors.Length; i++) tensors[i] = this[Layout.Slots[i].Name];
        return tensors;
    }

    /// <summary>
    /// The same numbers, found by name as these tensors where a gradient goes through one; else by their place.
    /// </summary>
    internal Parameters Traced(Tensor[] tensors) => Array.TrueForAll(tensors, tensor => tensor.Trace is null)
        ? this
        : new(new TracedTensors(Layout, tensors), _memory);

    /// <summary>The same numbers as constants.</summary>
    internal Parameters Detach() => new(Layout, _memory);

    private sealed record TracedTensors(ParameterLayout Layout, Tensor[] Tensors);
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
