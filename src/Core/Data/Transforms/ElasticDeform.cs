using ActorTrain.Kernels;

namespace ActorTrain;

/// <summary>
/// Each pixel moved by a smooth random field: uniform in [−1, 1), blurred by a Gaussian of deviation σ, times α. Source:
/// Simard, Steinkraus and Platt 2003, "Best Practices for Convolutional Neural Networks".
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

    /// <inheritdoc/>
    public override Tensor Apply(Tensor input, SampleKey key)
    {
        var image = new ImagePlanes(nameof(ElasticDeform), input);
        var (rows, columns) = (image.Rows, image.Columns);
        var weights = GaussianWeights();
        var moveX = Field(key, first: 0, rows, columns, weights);
        var moveY = Field(key, first: rows * columns, rows, columns, weights);
        return image.Resample(
            (x, y) => (x + (double)moveX[(y * columns) + x], y + (double)moveY[(y * columns) + x]), Fill);
    }

    private float[] GaussianWeights()
    {
        var radius = (int)Math.Ceiling(DeviationsWide * Sigma);
        var weights = new float[(2 * radius) + 1];
        for (var i = 0; i < weights.Length; i++)
        {
            var distance = (i - radius) / Sigma;
            weights[i] = ElementwiseMath.Exp(-0.5f * distance * distance);
        }
        var sum = 0f;
        foreach (var weight in weights) sum += weight;
        for (var i = 0; i < weights.Length; i++) weights[i] /= sum;
        return weights;
    }

    private float[] Field(SampleKey key, int first, int rows, int columns, float[] weights)
    {
        var field = new float[rows * columns];
        for (var i = 0; i < field.Length; i++) field[i] = key.Uniform(first + i, -Alpha, Alpha);
        var alongRows = Blur(field, rows, columns, columns, 1, weights);
        return Blur(alongRows, columns, rows, 1, columns, weights);
    }

    // Along lines whose elements are `step` apart; nothing lies outside.
    private static float[] Blur(float[] field, int lines, int length, int lineStep, int step, float[] weights)
    {
        var radius = weights.Length / 2;
        var blurred = new float[field.Length];
        for (var line = 0; line < lines; line++)
        {
            for (var i = 0; i < length; i++)
            {
                var sum = 0f;
                var (from, to) = (Math.Max(0, i - radius), Math.Min(length - 1, i + radius));
                for (var j = from; j <= to; j++) sum += weights[j - i + radius] * field[(line * lineStep) + (j * step)];
                blurred[(line * lineStep) + (i * step)] = sum;
            }
        }
        return blurred;
    }
}
