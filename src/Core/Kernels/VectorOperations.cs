using System.Runtime.Intrinsics;

namespace ActorTrain.Kernels;

/// <summary>
/// One pass over spans, element by element, with the same bits at every vector width. A destination may be the same
/// memory as a source, but must not overlap it otherwise.
/// </summary>
public static class VectorOperations
{
    /// <summary>yᵢ = max(xᵢ, 0); 0 where xᵢ is NaN.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void Relu(ReadOnlySpan<float> x, Span<float> y)
    {
        CheckLength(x.Length, y.Length);
        if (Vector512.IsHardwareAccelerated) VectorOperations<Lanes512, Vector512<float>>.Relu(x, y);
        else if (Vector256.IsHardwareAccelerated) VectorOperations<Lanes256, Vector256<float>>.Relu(x, y);
        else if (Vector128.IsHardwareAccelerated) VectorOperations<Lanes128, Vector128<float>>.Relu(x, y);
        else VectorOperations<LanesScalar, float>.Relu(x, y);
    }

    /// <summary>
    /// dxᵢ = dyᵢ where yᵢ > 0, and 0 elsewhere; <paramref name="y"/> is what <see cref="Relu"/> gave.
    /// </summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void ReluBackward(ReadOnlySpan<float> y, ReadOnlySpan<float> dy, Span<float> dx)
    {
        CheckLength(y.Length, dx.Length);
        CheckLength(dy.Length, dx.Length);
        if (Vector512.IsHardwareAccelerated) VectorOperations<Lanes512, Vector512<float>>.ReluBackward(y, dy, dx);
        else if (Vector256.IsHardwareAccelerated) VectorOperations<Lanes256, Vector256<float>>.ReluBackward(y, dy, dx);
        else if (Vector128.IsHardwareAccelerated) VectorOperations<Lanes128, Vector128<float>>.ReluBackward(y, dy, dx);
        else VectorOperations<LanesScalar, float>.ReluBackward(y, dy, dx);
    }

    /// <summary>sumᵢ = aᵢ + bᵢ.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void Add(ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<float> sum)
    {
        CheckLength(a.Length, sum.Length);
        CheckLength(b.Length, sum.Length);
        if (Vector512.IsHardwareAccelerated) VectorOperations<Lanes512, Vector512<float>>.Add(a, b, sum);
        else if (Vector256.IsHardwareAccelerated) VectorOperations<Lanes256, Vector256<float>>.Add(a, b, sum);
        else if (Vector128.IsHardwareAccelerated) VectorOperations<Lanes128, Vector128<float>>.Add(a, b, sum);
        else VectorOperations<LanesScalar, float>.Add(a, b, sum);
    }

    /// <summary>yᵢ = xᵢ + constant; then, if asked, what <see cref="Relu"/> makes of it.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void AddConstant(ReadOnlySpan<float> x, float constant, bool relu, Span<float> y)
    {
        CheckLength(x.Length, y.Length);
        if (Vector512.IsHardwareAccelerated)
            VectorOperations<Lanes512, Vector512<float>>.AddConstant(x, constant, relu, y);
        else if (Vector256.IsHardwareAccelerated)
            VectorOperations<Lanes256, Vector256<float>>.AddConstant(x, constant, relu, y);
        else if (Vector128.IsHardwareAccelerated)
            VectorOperations<Lanes128, Vector128<float>>.AddConstant(x, constant, relu, y);
        else VectorOperations<LanesScalar, float>.AddConstant(x, constant, relu, y);
    }

    /// <summary>yᵢ = xᵢ / divisor.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void Divide(ReadOnlySpan<float> x, float divisor, Span<float> y)
    {
        CheckLength(x.Length, y.Length);
        if (Vector512.IsHardwareAccelerated) VectorOperations<Lanes512, Vector512<float>>.Divide(x, divisor, y);
        else if (Vector256.IsHardwareAccelerated) VectorOperations<Lanes256, Vector256<float>>.Divide(x, divisor, y);
        else if (Vector128.IsHardwareAccelerated) VectorOperations<Lanes128, Vector128<float>>.Divide(x, divisor, y);
        else VectorOperations<LanesScalar, float>.Divide(x, divisor, y);
    }

    /// <summary>yᵢ = xᵢ·scale, but not beyond ±limit; NaN stays NaN.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void Clip(ReadOnlySpan<float> x, float scale, float limit, Span<float> y)
    {
        CheckLength(x.Length, y.Length);
        if (Vector512.IsHardwareAccelerated) VectorOperations<Lanes512, Vector512<float>>.Clip(x, scale, limit, y);
        else if (Vector256.IsHardwareAccelerated) VectorOperations<Lanes256, Vector256<float>>.Clip(x, scale, limit, y);
        else if (Vector128.IsHardwareAccelerated) VectorOperations<Lanes128, Vector128<float>>.Clip(x, scale, limit, y);
        else VectorOperations<LanesScalar, float>.Clip(x, scale, limit, y);
    }

    /// <summary>yᵢ = aᵢ + share·(bᵢ − aᵢ), the sum with the product rounded once; PyTorch's <c>lerp</c>.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void Lerp(ReadOnlySpan<float> a, ReadOnlySpan<float> b, float share, Span<float> y)
    {
        CheckLength(a.Length, y.Length);
        CheckLength(b.Length, y.Length);
        if (Vector512.IsHardwareAccelerated) VectorOperations<Lanes512, Vector512<float>>.Lerp(a, b, share, y);
        else if (Vector256.IsHardwareAccelerated) VectorOperations<Lanes256, Vector256<float>>.Lerp(a, b, share, y);
        else if (Vector128.IsHardwareAccelerated) VectorOperations<Lanes128, Vector128<float>>.Lerp(a, b, share, y);
        else VectorOperations<LanesScalar, float>.Lerp(a, b, share, y);
    }

    /// <summary>destinationᵢ = sourceᵢ·scale + shift, rounded once: pixels to normalised inputs.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void BytesToFloats(ReadOnlySpan<byte> source, float scale, float shift, Span<float> destination)
    {
        CheckLength(source.Length, destination.Length);
        if (Vector512.IsHardwareAccelerated)
            VectorOperations<Lanes512, Vector512<float>>.BytesToFloats(source, scale, shift, destination);
        else if (Vector256.IsHardwareAccelerated)
            VectorOperations<Lanes256, Vector256<float>>.BytesToFloats(source, scale, shift, destination);
        else if (Vector128.IsHardwareAccelerated)
            VectorOperations<Lanes128, Vector128<float>>.BytesToFloats(source, scale, shift, destination);
        else VectorOperations<LanesScalar, float>.BytesToFloats(source, scale, shift, destination);
    }

    /// <summary>
    /// One step of gradient descent with momentum (PyTorch's convention, dampening 0): g = gradientSum·gradientScale
    /// (+ weightDecay·parameter), newVelocity = decay·velocity + g, newParameter =
    /// parameter − learningRate·newVelocity; each sum with a product is rounded once.
    /// </summary>
    /// <param name="gradientSum">The gradient's sum over the samples of the minibatch.</param>
    /// <param name="velocity">The velocity before the step.</param>
    /// <param name="parameters">The parameters before the step.</param>
    /// <param name="step">The step's numbers.</param>
    /// <param name="newVelocity">Overwritten; may be the memory of <paramref name="velocity"/>.</param>
    /// <param name="newParameters">Overwritten; may be the memory of <paramref name="parameters"/>.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void SgdMomentum(
        ReadOnlySpan<float> gradientSum, ReadOnlySpan<float> velocity, ReadOnlySpan<float> parameters,
        MomentumStep step,
        Span<float> newVelocity, Span<float> newParameters)
    {
        CheckLength(gradientSum.Length, newParameters.Length);
        CheckLength(velocity.Length, newParameters.Length);
        CheckLength(parameters.Length, newParameters.Length);
        CheckLength(newVelocity.Length, newParameters.Length);
        if (Vector512.IsHardwareAccelerated)
            VectorOperations<Lanes512, Vector512<float>>.SgdMomentum(gradientSum, velocity, parameters, step,
                newVelocity, newParameters);
        else if (Vector256.IsHardwareAccelerated)
            VectorOperations<Lanes256, Vector256<float>>.SgdMomentum(gradientSum, velocity, parameters, step,
                newVelocity, newParameters);
        else if (Vector128.IsHardwareAccelerated)
            VectorOperations<Lanes128, Vector128<float>>.SgdMomentum(gradientSum, velocity, parameters, step,
                newVelocity, newParameters);
        else
            VectorOperations<LanesScalar, float>.SgdMomentum(gradientSum, velocity, parameters, step,
                newVelocity, newParameters);
    }

    /// <summary>
    /// One step of Adam (Kingma and Ba 2015, as PyTorch computes it): g = gradientSum·gradientScale
    /// (+ weightDecay·parameter), m ← m + (1−β₁)(g−m), v ← β₂·v + (1−β₂)·g²,
    /// parameter ← parameter (·parameterScale) − stepSize·m / (√v·rootScale + ε); each sum with a product is rounded
    /// once.
    /// </summary>
    /// <param name="gradientSum">The gradient's sum over the samples of the minibatch.</param>
    /// <param name="mean">m before the step.</param>
    /// <param name="square">v before the step.</param>
    /// <param name="parameters">The parameters before the step.</param>
    /// <param name="step">The step's numbers.</param>
    /// <param name="newMean">Overwritten; may be the memory of <paramref name="mean"/>.</param>
    /// <param name="newSquare">Overwritten; may be the memory of <paramref name="square"/>.</param>
    /// <param name="newParameters">Overwritten; may be the memory of <paramref name="parameters"/>.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void Adam(
        ReadOnlySpan<float> gradientSum, ReadOnlySpan<float> mean, ReadOnlySpan<float> square,
        ReadOnlySpan<float> parameters, AdamStep step,
        Span<float> newMean, Span<float> newSquare, Span<float> newParameters)
    {
        foreach (var length in (ReadOnlySpan<int>)
            [gradientSum.Length, mean.Length, square.Length, parameters.Length, newMean.Length, newSquare.Length])
            CheckLength(length, newParameters.Length);
        if (Vector512.IsHardwareAccelerated)
            VectorOperations<Lanes512, Vector512<float>>.Adam(
                gradientSum, mean, square, parameters, step, newMean, newSquare, newParameters);
        else if (Vector256.IsHardwareAccelerated)
            VectorOperations<Lanes256, Vector256<float>>.Adam(
                gradientSum, mean, square, parameters, step, newMean, newSquare, newParameters);
        else if (Vector128.IsHardwareAccelerated)
            VectorOperations<Lanes128, Vector128<float>>.Adam(
                gradientSum, mean, square, parameters, step, newMean, newSquare, newParameters);
        else
            VectorOperations<LanesScalar, float>.Adam(
                gradientSum, mean, square, parameters, step, newMean, newSquare, newParameters);
    }

    private static void CheckLength(int length, int destinationLength)
    {
        if (length != destinationLength)
            throw new ArgumentException(
                $"a span of {length} elements beside a destination of {destinationLength}; give as many.");
    }
}

/// <summary>The numbers of one step of <see cref="VectorOperations.SgdMomentum"/>.</summary>
/// <param name="GradientScale">What the gradient's sum is multiplied with: 1 / (samples of the minibatch) for a
/// mean.</param>
/// <param name="Decay">How much of the velocity stays: 0 is plain gradient descent.</param>
/// <param name="LearningRate">How far the parameters go along the velocity.</param>
/// <param name="WeightDecay">How much of the parameters joins the gradient; 0 leaves it out.</param>
public readonly record struct MomentumStep(float GradientScale, float Decay, float LearningRate, float WeightDecay = 0);

/// <summary>The numbers of one step of <see cref="VectorOperations.Adam"/>.</summary>
/// <param name="GradientScale">What the gradient's sum is multiplied with: 1 / (samples of the minibatch) for a
/// mean.</param>
/// <param name="MeanRate">1 − β₁.</param>
/// <param name="SquareDecay">β₂.</param>
/// <param name="SquareRate">1 − β₂.</param>
/// <param name="StepSize">Learning rate / (1 − β₁ᵗ).</param>
/// <param name="RootScale">1 / √(1 − β₂ᵗ).</param>
/// <param name="Epsilon">What keeps the divisor from 0.</param>
/// <param name="WeightDecay">How much of the parameters joins the gradient; 0 leaves it out.</param>
/// <param name="ParameterScale">What is left of the parameters before the step: decoupled weight decay.</param>
public readonly record struct AdamStep(
    float GradientScale, float MeanRate, float SquareDecay, float SquareRate, float StepSize, float RootScale,
    float Epsilon, float WeightDecay = 0, float ParameterScale = 1);
