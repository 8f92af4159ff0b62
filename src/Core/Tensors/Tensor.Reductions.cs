namespace ActorTrain;

// Sums are taken in ascending order, in double precision, and rounded once.
public sealed partial class Tensor
{
    /// <summary>The sum of all elements, a scalar.</summary>
    public Tensor Sum() => Sum([.. Enumerable.Range(0, Shape.Rank)]);

    /// <summary>Sums over one dimension.</summary>
    /// <param name="dim">Which; below 0: counted from the end.</param>
    /// <param name="keepDim">True: it stays, with size 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such dimension.</exception>
    public Tensor Sum(int dim, bool keepDim = false) => Sum([dim], keepDim);

    /// <summary>Sums over some dimensions.</summary>
    /// <inheritdoc cref="Sum(int, bool)"/>
    public Tensor Sum(ReadOnlySpan<int> dims, bool keepDim = false)
    {
        var isSummed = new bool[Shape.Rank];
        foreach (var dim in dims) isSummed[Dimension("Sum", dim)] = true;
        var kept = new int[Shape.Rank];
        for (var d = 0; d < kept.Length; d++) kept[d] = isSummed[d] ? 1 : Shape[d];
        var keptShape = Shape.Create(kept);
        var sums = new double[keptShape.Count];
        var x = Contiguous().Span;
        Span<int> index = stackalloc int[Shape.MaxRank];
        index.Clear();
        foreach (var value in x)
        {
            var to = 0;
            for (var d = 0; d < kept.Length; d++) to = (to * kept[d]) + (isSummed[d] ? 0 : index[d]);
            sums[to] += value;
            for (var d = Shape.Rank - 1; d >= 0 && ++index[d] == Shape[d]; d--) index[d] = 0;
        }
        var shape = keepDim ? keptShape : Shape.Create([.. kept.Where((_, d) => !isSummed[d])]);
        return Trace.Of(
            Own(Array.ConvertAll(sums, sum => (float)sum), shape), this,
            dy => dy.Reshape(kept) + Zeros(Shape));
    }

    /// <summary>The mean of all elements, a scalar.</summary>
    public Tensor Mean() => Sum() / Shape.Count;

    /// <summary>Means over one dimension.</summary>
    /// <inheritdoc cref="Sum(int, bool)"/>
    public Tensor Mean(int dim, bool keepDim = false) => Mean([dim], keepDim);

    /// <summary>Means over some dimensions.</summary>
    /// <inheritdoc cref="Sum(int, bool)"/>
    public Tensor Mean(ReadOnlySpan<int> dims, bool keepDim = false)
    {
        var sum = Sum(dims, keepDim);
        return sum.Shape.Count == 0 ? sum : sum / ((float)Shape.Count / sum.Shape.Count);
    }

    /// <summary>
    /// Variances over one dimension, divided by n − <paramref name="correction"/>; PyTorch's <c>var</c>.
    /// </summary>
    /// <inheritdoc cref="Std(int, bool, int)"/>
    public Tensor Var(int dim, bool keepDim = false, int correction = 1)
    {
        var n = Shape[Dimension("Var", dim)];
        return (this - Mean(dim, keepDim: true)).Pow(2).Sum(dim, keepDim) / (n - correction);
    }

    /// <summary>Standard deviations over one dimension; the gradient of one that is 0 is 0.</summary>
    /// <param name="dim">Which; below 0: counted from the end.</param>
    /// <param name="keepDim">True: it stays, with size 1.</param>
    /// <param name="correction">1: of a sample (Bessel); 0: of all there are.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such dimension.</exception>
    public Tensor Std(int dim, bool keepDim = false, int correction = 1)
    {
        var variance = Var(dim, keepDim, correction);
        return Trace.Of(Map(variance, MathF.Sqrt), variance, (dy, _, root) =>
        {
            // Divided by 1 where the root is 0, so that the gradient of this gradient is 0 there too.
            var isFlat = root.Eq(0);
            return dy.KeptWhere(1 - isFlat) / ((root * 2) + isFlat);
        });
    }

    /// <summary>The standard deviation of all elements, of a sample (Bessel); its gradient at 0 is 0.</summary>
    public Tensor Std() => Reshape(-1).Std(0);

    /// <summary>
    /// The largest element, a scalar; NaN where there is one. Elements that are equally large share its gradient
    /// evenly.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">There are no elements.</exception>
    public Tensor Max() => Trace.Of(Detach().Reshape(-1).Max(0).Values, this, (dy, x, largest) =>
    {
        // By Equals, to which NaN is equal to itself.
        var isLargest = Map(x, value => value.Equals(largest.Item()) ? 1 : 0);
        return (dy / isLargest.Sum()).KeptWhere(isLargest);
    });

    /// <summary>The largest elements along one dimension, and the first place of each.</summary>
    /// <param name="dim">Which; below 0: counted from the end.</param>
    /// <param name="keepDim">True: it stays, with size 1.</param>
    /// <returns>
    /// The values, whose gradient goes to the places alone, also where others are as large, and the places as whole
    /// numbers (exact up to 2²⁴).
    /// </returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such dimension, or it is empty.</exception>
    public (Tensor Values, Tensor Indices) Max(int dim, bool keepDim = false)
    {
        var d = Dimension("Max", dim);
        if (Shape[d] == 0)
            throw new ArgumentOutOfRangeException(nameof(dim), dim, $"Max: dimension {dim} of {Shape} is empty.");
        var sizes = Shape.ToArray();
        var inner = sizes[(d + 1)..].Aggregate(1, (product, size) => product * size);
        var x = Contiguous().Span;
        var values = new float[Shape.Count / Shape[d]];
        var indices = new float[values.Length];
        for (var i = 0; i < values.Length; i++)
        {
            var start = (i / inner * Shape[d] * inner) + (i % inner);
            var best = 0;
            for (var k = 1; k < Shape[d]; k++)
            {
                var (value, largest) = (x[start + (k * inner)], x[start + (best * inner)]);
                if (value > largest || (float.IsNaN(value) && !float.IsNaN(largest))) best = k;
            }
            (values[i], indices[i]) = (x[start + (best * inner)], best);
        }
        sizes[d] = 1;
        var kept = Shape.Create(sizes);
        var shape = keepDim ? kept : Shape.Create([.. sizes[..d], .. sizes[(d + 1)..]]);
        var places = Own(indices, shape);
        return (Trace.Of(Own(values, shape), this, dy => Scattered(dy.Reshape(sizes), places.View(sizes), d)), places);
    }

    /// <summary>The first place of the largest element along one dimension, as whole numbers.</summary>
    /// <inheritdoc cref="Max(int, bool)"/>
    public Tensor ArgMax(int dim, bool keepDim = false) => Max(dim, keepDim).Indices;

    /// <summary>The first place of the largest element, of all in row-major order.</summary>
    public int ArgMax() => (int)Reshape(-1).ArgMax(0).Item();

    // Zeros, but the gradient at the places along the dimension.
    private Tensor Scattered(Tensor gradient, Tensor places, int dim)
    {
        var sizes = new int[Shape.Rank];
        Array.Fill(sizes, 1);
        sizes[dim] = Shape[dim];
        return gradient.KeptWhere(places.Eq(Arange(Shape[dim]).View(sizes)));
    }

    private int Dimension(string operation, int dim)
    {
        var d = dim < 0 ? dim + Shape.Rank : dim;
        return (uint)d < (uint)Shape.Rank
            ? d
            : throw new ArgumentOutOfRangeException(
                nameof(dim), dim,
                $"{operation}: shape {Shape} has no dimension {dim}; give {-Shape.Rank} to {Shape.Rank - 1}.");
    }
}
