using ActorTrain.Kernels;

namespace ActorTrain;

/// <summary>
/// Turned, sheared, scaled and moved at random, about the middle, with bilinear pixels; PyTorch's <c>RandomAffine</c>,
/// which moves by whole pixels only.
/// </summary>
/// <param name="Degrees">Turned by −Degrees … Degrees, clockwise, from 0.</param>
/// <param name="Translate">Moved by as much as this share of the width and of the height, from 0 to 1.</param>
/// <param name="ScaleLow">The smallest factor, above 0.</param>
/// <param name="ScaleHigh">The largest factor, above 0.</param>
/// <param name="Shear">Rows sheared by −Shear … Shear degrees, from 0, below 90.</param>
/// <param name="Fill">What comes from outside.</param>
public sealed record RandomAffine(
    float Degrees, float Translate = 0, float ScaleLow = 1, float ScaleHigh = 1, float Shear = 0, float Fill = 0)
    : Transform
{
    private const double HalfTurn = 180;

    /// <summary>Turned by −Degrees … Degrees, clockwise, from 0.</summary>
    public float Degrees { get; } = Allowed.From0(Degrees, nameof(RandomAffine), nameof(Degrees));

    /// <summary>Moved by as much as this share of the width and of the height, from 0 to 1.</summary>
    public float Translate { get; } = Allowed.From0To1(Translate, nameof(RandomAffine), nameof(Translate));

    /// <summary>The smallest factor, above 0.</summary>
    public float ScaleLow { get; } = Allowed.Above0(ScaleLow, nameof(RandomAffine), nameof(ScaleLow));

    /// <summary>The largest factor, above 0.</summary>
    public float ScaleHigh { get; } = Allowed.Above0(ScaleHigh, nameof(RandomAffine), nameof(ScaleHigh));

    /// <summary>Rows sheared by −Shear … Shear degrees, from 0, below 90.</summary>
    public float Shear { get; } =
        90 * Allowed.From0Below1(Shear / 90, nameof(RandomAffine), "Shear / 90");

    // p = c + t + s·R(θ)·H(φ)·(q − c): so the pixel at p comes from q = c + (R·H)⁻¹·(p − c − t) / s, where H shears by
    // x ← x − tan φ·y and det(R·H) = 1.
    /// <inheritdoc/>
    public override Tensor Apply(Tensor input, SampleKey key)
    {
        var image = new ImagePlanes(nameof(RandomAffine), input);
        var angle = key.Uniform(0, -Degrees, Degrees) / HalfTurn;
        var moveX = key.Uniform(1, -Translate, Translate) * (double)image.Columns;
        var moveY = key.Uniform(2, -Translate, Translate) * (double)image.Rows;
        var scale = (double)key.Uniform(3, ScaleLow, ScaleHigh);
        var shear = key.Uniform(4, -Shear, Shear) / HalfTurn;
        var (cos, sin) = (ExactMath.CosPi(angle), ExactMath.CosPi(angle - 0.5));
        var tan = ExactMath.CosPi(shear - 0.5) / ExactMath.CosPi(shear);
        var (centreX, centreY) = ((image.Columns - 1) / 2.0, (image.Rows - 1) / 2.0);
        return image.Resample(
            (x, y) =>
            {
                var (dx, dy) = ((x - centreX - moveX) / scale, (y - centreY - moveY) / scale);
                var (turnedX, turnedY) = ((cos * dx) + (sin * dy), (cos * dy) - (sin * dx));
                return (centreX + turnedX + (tan * turnedY), centreY + turnedY);
            },
            Fill);
    }
}
