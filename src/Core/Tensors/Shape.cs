using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace ActorTrain;

/// <summary>
/// The sizes of a tensor's dimensions, outermost first; <c>[]</c> is a scalar. A value: equal when the sizes are equal.
/// At most <see cref="MaxRank"/> dimensions, held inline, so that asking for memory by shape makes no garbage.
/// </summary>
[CollectionBuilder(typeof(Shape), nameof(Create))]
public readonly struct Shape : IEquatable<Shape>
{
    /// <summary>The most dimensions a tensor can have.</summary>
    public const int MaxRank = 6;

    private readonly Sizes _sizes;

    private Shape(ReadOnlySpan<int> sizes)
    {
        Rank = sizes.Length;
        Elements = 1;
        for (var i = 0; i < sizes.Length; i++)
        {
            _sizes[i] = sizes[i];
            var elements = (long)Elements * sizes[i];
            if (elements > Array.MaxLength)
                throw new ArgumentException(
                    $"[{string.Join(", ", sizes.ToArray())}] has more elements than an array can hold, "
                    + $"{Array.MaxLength}.", nameof(sizes));
            Elements = (int)elements;
        }
    }

    /// <summary>How many dimensions.</summary>
    public int Rank { get; }

    /// <summary>How many elements; others ask <c>Count</c>.</summary>
    internal int Elements { get => Rank == 0 ? 1 : field; }

    /// <summary>The size of one dimension; <c>^1</c> is the innermost.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such dimension.</exception>
    public int this[Index dimension]
    {
        get
        {
            var i = dimension.GetOffset(Rank);
            ArgumentOutOfRangeException.ThrowIfNegative(i, nameof(dimension));
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(i, Rank, nameof(dimension));
            return _sizes[i];
        }
    }

    /// <summary>The shape with these sizes; written <c>[64, 784]</c>.</summary>
    /// <exception cref="ArgumentException">More than <see cref="MaxRank"/> sizes, a negative one, or more elements than
    /// an array can hold.</exception>
    public static Shape Create(ReadOnlySpan<int> sizes)
    {
        if (sizes.Length > MaxRank)
            throw new ArgumentException(
                $"A shape has at most {MaxRank} dimensions, got {sizes.Length}.", nameof(sizes));
        foreach (var size in sizes)
            if (size < 0) throw new ArgumentException($"A dimension's size is 0 or more, got {size}.", nameof(sizes));
        return new(sizes);
    }

    /// <summary>The sizes in order, for collection expressions and <c>foreach</c>.</summary>
    public IEnumerator<int> GetEnumerator()
    {
        for (var i = 0; i < Rank; i++) yield return _sizes[i];
    }

    /// <summary>The sizes as a new array.</summary>
    public int[] ToArray()
    {
        ReadOnlySpan<int> sizes = _sizes;
        return sizes[..Rank].ToArray();
    }

    /// <inheritdoc/>
    public bool Equals(Shape other)
    {
        ReadOnlySpan<int> mine = _sizes, theirs = other._sizes;
        return Rank == other.Rank && mine[..Rank].SequenceEqual(theirs[..Rank]);
    }

    /// <inheritdoc/>
    public override bool Equals([NotNullWhen(true)] object? obj) => obj is Shape other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        for (var i = 0; i < Rank; i++) hash.Add(_sizes[i]);
        return hash.ToHashCode();
    }

    /// <summary>As PyTorch writes it: <c>[64, 784]</c>.</summary>
    public override string ToString() => $"[{string.Join(", ", ToArray())}]";

    /// <summary>Equal sizes.</summary>
    public static bool operator ==(Shape left, Shape right) => left.Equals(right);

    /// <summary>Different sizes.</summary>
    public static bool operator !=(Shape left, Shape right) => !left.Equals(right);

    [InlineArray(MaxRank)]
    private struct Sizes
    {
        private int _first;
    }
}

/// <summary>What a shape's elements are counted by.</summary>
public static class ShapeExtensions
{
    extension(Shape shape)
    {
        /// <summary>How many elements: the product of the sizes, 1 for a scalar.</summary>
        // Not a member of Shape: of a type with a member Count, C# takes it for how many things [.. shape] spreads.
        public int Count => shape.Elements;
    }
}
