using System.Collections.Immutable;

namespace ActorTrain.Server;

/// <summary>A contiguous part of the flat parameter vector, and of every vector of its length.</summary>
/// <param name="Start">The first element.</param>
/// <param name="Count">How many; at least 1.</param>
public readonly record struct ParameterRange(int Start, int Count)
{
    /// <summary>The most ranges that a run may have.</summary>
    public const int Most = 64;

    // Floats of a cache line: a range begins with one, so that copies into it are fast.
    private const int Line = 16;

    /// <summary>The element after the last.</summary>
    public int End => Start + Count;

    /// <summary>For logs: <c>0–54692</c>.</summary>
    public override string ToString() => $"{Start}–{End - 1}";

    /// <summary>Ranges of about the same length that together are the whole vector, in order.</summary>
    /// <param name="count">Elements of the vector.</param>
    /// <param name="parts">How many ranges.</param>
    /// <exception cref="ArgumentOutOfRangeException">No ranges, too many, or more than elements.</exception>
    public static ImmutableArray<ParameterRange> Divide(int count, int parts)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(parts, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(parts, Math.Min(Most, count));
        var unit = count / parts >= Line ? Line : 1;
        var ranges = ImmutableArray.CreateBuilder<ParameterRange>(parts);
        for (var i = 0; i < parts; i++)
        {
            var (start, end) = (Boundary(i), i + 1 == parts ? count : Boundary(i + 1));
            ranges.Add(new(start, end - start));
        }
        return ranges.MoveToImmutable();

        int Boundary(int i) => (int)((long)count * i / parts / unit) * unit;
    }
}
