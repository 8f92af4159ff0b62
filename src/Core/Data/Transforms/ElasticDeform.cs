using ActorTrain.Kernels;

namespace ActorTrain;

/// <summary>
/// Each pixel moved by a smooth random field: uniform in [−1, 1), blurred by a Gaussian of deviation σ, times α.
/// Source: Simard, Steinkraus and Platt 2003, "Best Practices for Convolutional Neural Networks".
/// </summary>
/// <param name="Alpha">α, in pixels, from 0. For MNIST 34 or so.</param>
/// <param name="Sigma">σ, in pixels, above 0. For MNIST 4.</param>
/// <param name="Fill">What comes from outside.</param>
public sealed record ElasticDeform(float Alpha = 34, float Sigma = 4, float Fill = 0) : Transform
{
    // Farther away a Gaussian weighs less than a hundredth of its middle.
    private const int DeviationsWide = 3;

    /// <summary>α, in pixels, from 0.</summary>
    public float Alpha { get; } = Allowed.From0(Alpha, nameof(ElasticDeform), nameof(Alpha));

    /// <summary>σ, in pixels, above 0.</summary>
    public float Sigma { get; } = Allowed.Above0(Sigma, nameof(ElasticDeform), nameof(Sigma));

    // Blurring along rows and columns is a product from each side: B_rows · field · B_columns.
    /// <inheritdoc/>
    public override Tensor Apply(Tensor input, SampleKey key)
    {
        var image = new ImagePlanes(nameof(ElasticDeform), input);
        var (rows, columns) = (image.Rows, image.Columns);
        var random = new float[2 * rows * columns];
        key.Fill(-Alpha, Alpha, random);
        var weights = GaussianWeights();
        var (alongColumns, alongRows) = (Band(weights, rows), Band(weights, columns));
        var fields = Tensor.Own(random, [2 * rows, columns]).MatMul(alongRows);
        var moveX = alongColumns.MatMul(fields.Rows(0, rows)).ToArray();
        var moveY = alongColumns.MatMul(fields.Rows(rows, rows)).ToArray();
        return image.Resample(
            (x, y) => (x + (double)moveX[(y * columns) + x], y + (double)moveY[(y * columns) + x]), Fill);
    }

    // By distance from the middle; all of them, on both sides, sum to 1.
    private float[] GaussianWeights()
    {
        var weights = new float[(int)Math.Ceiling(DeviationsWide * Sigma) + 1];
        var sum = 0f;
        for (var i = 0; i < weights.Length; i++)
        {
            weights[i] = ElementwiseMath.Exp(-0.5f * (i / Sigma) * (i / Sigma));
            sum += i == 0 ? weights[i] : 2 * weights[i];
        }
        for (var i = 0; i < weights.Length; i++) weights[i] /= sum;
        return weights;
    }

    // [n, n]: element (i, j) is the weight of the distance |i − j|. Nothing lies outside.
    private static Tensor Band(float[] weights, int n)
    {
        var band = new float[n * n];
        for (var i = 0; i < n; i++)
        {
            var last = Math.Min(n - 1, i + weights.Length - 1);
            for (var j = Math.Max(0, i - weights.Length + 1); j <= last; j++)
                band[(i * n) + j] = weights[Math.Abs(i - j)];
        }
        return Tensor.Own(band, [n, n]);
    }
}
