namespace ActorTrain;

public sealed partial class Tensor
{
    /// <summary>All zeros.</summary>
    public static Tensor Zeros(Shape shape) => Own(new float[shape.Count], shape);

    /// <summary>All ones.</summary>
    public static Tensor Ones(Shape shape) => Full(shape, 1);

    /// <summary>The same number everywhere.</summary>
    public static Tensor Full(Shape shape, float value)
    {
        var values = new float[shape.Count];
        Array.Fill(values, value);
        return Own(values, shape);
    }

    /// <summary>The matrix of these rows, copied; PyTorch's <c>torch.tensor([[…], …])</c>.</summary>
    public static Tensor From(float[,] values) =>
        Own(values.Cast<float>().ToArray(), [values.GetLength(0), values.GetLength(1)]);

    /// <summary>A scalar.</summary>
    public static Tensor Scalar(float value) => Own(new[] { value }, []);

    /// <summary>start, start + step, …, all below end: [⌈(end − start) / step⌉]; PyTorch's <c>arange</c>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A step that does not lead from start to end.</exception>
    public static Tensor Arange(float start, float end, float step = 1)
    {
        var count = Math.Ceiling(((double)end - start) / step);
        if (!(count >= 0 && count <= Array.MaxLength))
            throw new ArgumentOutOfRangeException(
                nameof(step), step, $"Arange: from {start} to {end} by {step}; give a step that leads there.");
        var values = new float[(int)count];
        for (var i = 0; i < values.Length; i++) values[i] = (float)(start + (i * (double)step));
        return Own(values, [values.Length]);
    }

    /// <summary>0, 1, …, end − 1.</summary>
    public static Tensor Arange(int end) => Arange(0, end);

    /// <summary>
    /// Uniform in [0, 1), as a function of the seed: what <c>torch.manual_seed</c> is to PyTorch is an argument here.
    /// </summary>
    /// <param name="shape">The shape.</param>
    /// <param name="seed">The seed.</param>
    /// <param name="stream">Which of the seed's sequences: another one has other numbers.</param>
    public static Tensor Rand(Shape shape, ulong seed, uint stream = 0)
    {
        var values = new float[shape.Count];
        Philox.FillUniform(seed, RandomPurpose.Tensor, stream, 0, 1, values);
        return Own(values, shape);
    }

    /// <summary>Normal with mean 0 and variance 1, as a function of the seed (Box and Muller 1958).</summary>
    /// <param name="shape">The shape.</param>
    /// <param name="seed">The seed.</param>
    /// <param name="stream">Which of the seed's sequences: another one has other numbers.</param>
    public static Tensor Randn(Shape shape, ulong seed, uint stream = 0)
    {
        var values = new float[shape.Count];
        Philox.FillNormal(seed, RandomPurpose.Tensor, stream, values);
        return Own(values, shape);
    }

    /// <summary>The same for the shape of this tensor.</summary>
    /// <inheritdoc cref="Randn"/>
    public Tensor RandnLike(ulong seed, uint stream = 0) => Randn(Shape, seed, stream);

    /// <summary>Rows with a 1 at their label and 0 elsewhere, [N, classes].</summary>
    /// <exception cref="ArgumentOutOfRangeException">A label that is not one of the classes.</exception>
    public static Tensor OneHot(ReadOnlySpan<int> labels, int classes)
    {
        var values = new float[labels.Length * classes];
        for (var i = 0; i < labels.Length; i++)
        {
            if ((uint)labels[i] >= (uint)classes)
                throw new ArgumentOutOfRangeException(
                    nameof(labels), labels[i],
                    $"OneHot: label {labels[i]} is not one of the classes 0..{classes - 1}.");
            values[(i * classes) + labels[i]] = 1;
        }
        return Own(values, [labels.Length, classes]);
    }
}
