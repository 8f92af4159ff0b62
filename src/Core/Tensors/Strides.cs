using System.Runtime.CompilerServices;

namespace ActorTrain;

/// <summary>
/// How far the next element along each dimension of a tensor is, in elements. Held inline, as <see cref="Shape"/> is.
/// </summary>
internal readonly struct Strides
{
    private readonly Steps _steps;
    private readonly int _rank;

    /// <summary>One for each dimension, outermost first.</summary>
    public Strides(ReadOnlySpan<int> steps)
    {
        _rank = steps.Length;
        steps.CopyTo(_steps);
    }

    /// <summary>That of a dimension.</summary>
    public int this[int dimension] => _steps[dimension];

    /// <summary>Those of elements that lie in row-major order without gaps.</summary>
    public static Strides RowMajor(Shape shape)
    {
        Span<int> steps = stackalloc int[shape.Rank];
        var step = 1;
        for (var d = shape.Rank - 1; d >= 0; d--)
        {
            steps[d] = step;
            step *= shape[d];
        }
        return new(steps);
    }

    /// <summary>
    /// Whether elements of this shape lie so; nothing steps along a dimension of one element or none.
    /// </summary>
    public bool AreRowMajor(Shape shape)
    {
        var rowMajor = RowMajor(shape);
        for (var d = 0; d < _rank; d++)
            if (shape[d] > 1 && _steps[d] != rowMajor[d]) return false;
        return true;
    }

    /// <summary>As a new array.</summary>
    public int[] ToArray()
    {
        ReadOnlySpan<int> steps = _steps;
        return steps[.._rank].ToArray();
    }

    [InlineArray(Shape.MaxRank)]
    private struct Steps
    {
        private int _first;
    }
}
