using System.Collections.Immutable;

namespace ActorTrain;

/// <summary>One named tensor in a flat vector.</summary>
/// <param name="Name">Dotted as in a PyTorch <c>state_dict</c>: <c>fc1.weight</c>.</param>
/// <param name="Shape">The shape that users see, PyTorch's: <c>[out, in]</c> for a weight.</param>
/// <param name="Offset">Where it begins, in floats.</param>
/// <param name="StoredTransposed">True when the memory holds the transpose of <paramref name="Shape"/>, row by
/// row.</param>
/// <param name="StatisticMomentum">
/// Above 0: a running statistic, which no optimiser trains; each update moves it so far towards the minibatch's, which
/// stands in its gradient's place.
/// </param>
public readonly record struct ParameterSlot(
    string Name, Shape Shape, int Offset, bool StoredTransposed, float StatisticMomentum = 0)
{
    /// <summary>Where the next one begins, in floats.</summary>
    public int End => Offset + Shape.Count;
}

/// <summary>
/// Where each named tensor lies in a flat vector; the same for parameters, gradients and moments. The layout of a
/// composed layer is its children's layouts one after another.
/// </summary>
public sealed class ParameterLayout : IEquatable<ParameterLayout>
{
    private readonly ImmutableArray<(int Offset, ParameterLayout Layout)> _children;

    private ParameterLayout(ImmutableArray<ParameterSlot> slots, ImmutableArray<(int, ParameterLayout)> children)
    {
        Slots = slots;
        _children = children;
        Count = slots.IsEmpty ? 0 : slots[^1].End;
    }

    /// <summary>The layout of a layer without parameters.</summary>
    public static ParameterLayout Empty { get; } = new([], []);

    /// <summary>All tensors in order.</summary>
    public ImmutableArray<ParameterSlot> Slots { get; }

    /// <summary>Length of the flat vector, in floats.</summary>
    public int Count { get; }

    /// <summary>The layout of one layer: tensors one after another.</summary>
    /// <exception cref="ArgumentException">They are too many for one vector.</exception>
    public static ParameterLayout Of(params ReadOnlySpan<(string Name, Shape Shape, bool StoredTransposed)> parts)
    {
        var slots = ImmutableArray.CreateBuilder<ParameterSlot>(parts.Length);
        var offset = 0;
        foreach (var (name, shape, transposed) in parts)
        {
            slots.Add(new(name, shape, offset, transposed));
            offset = End(offset, name, shape.Count);
        }
        return new(slots.MoveToImmutable(), []);
    }

    /// <summary>The same with running statistics behind it.</summary>
    /// <param name="momentum">How far they go towards a minibatch's, above 0.</param>
    /// <param name="parts">Names and shapes.</param>
    /// <exception cref="ArgumentException">They are too many for one vector.</exception>
    public ParameterLayout WithStatistics(float momentum, params ReadOnlySpan<(string Name, Shape Shape)> parts)
    {
        var slots = Slots.ToBuilder();
        var offset = Count;
        foreach (var (name, shape) in parts)
        {
            slots.Add(new(name, shape, offset, false, momentum));
            offset = End(offset, name, shape.Count);
        }
        return new(slots.ToImmutable(), []);
    }

    /// <summary>The layout of named layers one after another; the names become prefixes.</summary>
    /// <exception cref="ArgumentException">They are too many for one vector.</exception>
    public static ParameterLayout Nest(IEnumerable<(string Name, ParameterLayout Layout)> children)
    {
        var slots = ImmutableArray.CreateBuilder<ParameterSlot>();
        var nested = ImmutableArray.CreateBuilder<(int, ParameterLayout)>();
        var offset = 0;
        foreach (var (name, layout) in children)
        {
            foreach (var slot in layout.Slots)
                slots.Add(slot with { Name = $"{name}.{slot.Name}", Offset = offset + slot.Offset });
            nested.Add((offset, layout));
            offset = End(offset, name, layout.Count);
        }
        return new(slots.ToImmutable(), nested.ToImmutable());
    }

    /// <summary>Offset and layout of the child with this index.</summary>
    public (int Offset, ParameterLayout Layout) Child(int index) => _children[index];

    /// <summary>The slot of this name.</summary>
    /// <exception cref="KeyNotFoundException">There is none; the message lists those that are.</exception>
    public ParameterSlot this[string name]
    {
        get
        {
            foreach (var slot in Slots)
                if (slot.Name == name) return slot;
            throw new KeyNotFoundException(
                $"No parameter is named '{name}'; there are {string.Join(", ", Slots.Select(s => s.Name))}.");
        }
    }

    private static int End(int offset, string name, int count) => count <= Array.MaxLength - offset
        ? offset + count
        : throw new ArgumentException(
            $"'{name}' has {count} parameters and what is before it {offset}, together more than an array can hold, "
            + $"{Array.MaxLength}.", nameof(name));

    /// <inheritdoc/>
    public bool Equals(ParameterLayout? other) =>
        other is not null && Slots.AsSpan().SequenceEqual(other.Slots.AsSpan());

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as ParameterLayout);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Slots.Length, Count);
}
