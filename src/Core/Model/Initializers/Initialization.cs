using System.Collections.Immutable;

namespace ActorTrain;

/// <summary>How parameters begin, by the patterns of their names; of several that match, the last one counts.</summary>
public sealed record Initialization
{
    /// <summary>Nothing but the layers' own defaults.</summary>
    public static Initialization Default { get; } = new();

    /// <summary>Patterns and what their parameters begin with.</summary>
    public Initialization(params IEnumerable<(NamePatterns Parameters, Initializer Initializer)> rules) =>
        Rules = [.. rules];

    /// <summary>Patterns and what their parameters begin with, in order.</summary>
    public ImmutableArray<(NamePatterns Parameters, Initializer Initializer)> Rules { get; }

    /// <summary>A layer's initial parameters for a seed.</summary>
    /// <exception cref="ShapeMismatchException">An initialiser does not take a parameter's shape.</exception>
    public Parameters Of(Layer layer, ulong seed)
    {
        var byDefault = layer.Initialize(seed);
        if (Rules.IsEmpty) return byDefault;
        var buffer = new ParameterBuffer(layer.Layout, AlignedMemory.Allocate(layer.Layout.Count));
        byDefault.Span.CopyTo(buffer.Span);
        for (var i = 0; i < layer.Layout.Slots.Length; i++)
        {
            var slot = layer.Layout.Slots[i];
            if (Rules.LastOrDefault(rule => rule.Parameters.Matches(slot.Name)).Initializer is not { } initializer)
                continue;
            var values = new float[slot.Shape.Count];
            initializer.Fill(seed, (uint)slot.Offset, slot.Shape, values);
            var tensor = Tensor.Own(values, slot.Shape);
            (slot.StoredTransposed ? tensor.T() : tensor).Contiguous().Span.CopyTo(buffer.Stored(i));
        }
        return buffer.Freeze();
    }

    /// <summary>Equal rules in the same order.</summary>
    public bool Equals(Initialization? other) =>
        other is not null && Rules.AsSpan().SequenceEqual(other.Rules.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => Rules.Aggregate(0, (hash, rule) => HashCode.Combine(hash, rule));
}
