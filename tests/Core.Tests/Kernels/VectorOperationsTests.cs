using System.Runtime.Intrinsics;
using ActorTrain.Kernels;
using PropertyAttribute = FsCheck.Xunit.PropertyAttribute;

namespace ActorTrain.Core.Tests.Kernels;

public class VectorOperationsTests
{
    [Fact]
    public void Relu_passes_what_is_positive_and_nothing_else()
    {
        var y = new float[6];
        VectorOperations.Relu([1f, -1f, 0f, -0f, float.NaN, float.PositiveInfinity], y);
        float[] expected = [1f, 0f, 0f, 0f, 0f, float.PositiveInfinity];
        Assert.Equal<int>([.. expected.Select(BitConverter.SingleToInt32Bits)],
            [.. y.Select(BitConverter.SingleToInt32Bits)]);
    }

    [Property]
    public void Every_width_gives_the_bits_of_one_element_at_a_time(int seed)
    {
        var random = new Random(seed);
        var count = random.Next(0, 100);
        float[] Values() => [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() - 0.5f)];
        float[] a = Values(), b = Values(), c = Values();
        var bytes = new byte[count];
        random.NextBytes(bytes);
        var step = new MomentumStep(1f / 64, 0.9f, 0.1f, seed % 2 == 0 ? 0 : 1e-4f);
        var expected = All<LanesScalar, float>(a, b, c, bytes, step);
        Assert.Equal<float>(expected, All<Lanes128, Vector128<float>>(a, b, c, bytes, step));
        Assert.Equal<float>(expected, All<Lanes256, Vector256<float>>(a, b, c, bytes, step));
        Assert.Equal<float>(expected, All<Lanes512, Vector512<float>>(a, b, c, bytes, step));

        var adam = new AdamStep(1f / 64, 0.1f, 0.999f, 0.001f, 0.01f, 1.5f, 1e-8f, seed % 2 == 0 ? 0 : 1e-4f);
        var squares = Array.ConvertAll(b, x => x * x);
        var expectedAdam = Adam<LanesScalar, float>(a, b, squares, c, adam);
        Assert.Equal<float>(expectedAdam, Adam<Lanes128, Vector128<float>>(a, b, squares, c, adam));
        Assert.Equal<float>(expectedAdam, Adam<Lanes256, Vector256<float>>(a, b, squares, c, adam));
        Assert.Equal<float>(expectedAdam, Adam<Lanes512, Vector512<float>>(a, b, squares, c, adam));
        float[] mean = [.. b], square = [.. squares], parameters = [.. c];
        VectorOperations.Adam(a, mean, square, parameters, adam, mean, square, parameters);
        Assert.Equal<float>(expectedAdam, (float[])[.. mean, .. square, .. parameters]);

        float[] relu = new float[count], back = new float[count], sum = new float[count], floats = new float[count];
        float[] quotient = new float[count], v = [.. b], p = [.. c];
        VectorOperations.Relu(a, relu);
        VectorOperations.ReluBackward(a, b, back);
        VectorOperations.Add(a, b, sum);
        VectorOperations.Divide(a, 3, quotient);
        VectorOperations.BytesToFloats(bytes, 0.003f, -0.4f, floats);
        VectorOperations.SgdMomentum(a, v, p, step, v, p);
        Assert.Equal<float>(
            expected, new[] { relu, back, sum, quotient, floats, v, p }.SelectMany(part => part).ToArray());
    }

    [Fact]
    public void A_step_with_momentum_is_what_its_formula_says()
    {
        float[] velocity = [0.5f], parameters = [2f];
        VectorOperations.SgdMomentum([8f], velocity, parameters,
            new(GradientScale: 0.25f, Decay: 0.5f, LearningRate: 0.125f), velocity, parameters);
        Assert.Equal(2.25f, velocity[0]);
        Assert.Equal(2f - (0.125f * 2.25f), parameters[0]);
        VectorOperations.SgdMomentum([0f], [0f], [4f], new(1f, 0.5f, 0.5f, WeightDecay: 0.25f), velocity, parameters);
        Assert.Equal(1f, velocity[0]);
        Assert.Equal(3.5f, parameters[0]);
    }

    [Fact]
    public void A_quotient_is_rounded_once()
    {
        var quotient = new float[3];
        VectorOperations.Divide([1f, -6f, 0f], 3f, quotient);
        Assert.Equal<float>([1f / 3f, -2f, 0f], quotient);
    }

    [Fact]
    public void Bytes_become_scaled_and_shifted_floats()
    {
        var floats = new float[3];
        VectorOperations.BytesToFloats([0, 1, 255], 2f, -1f, floats);
        Assert.Equal<float>([-1f, 1f, 509f], floats);
    }

    [Fact]
    public void Spans_of_different_lengths_are_refused() =>
        Assert.Equal("a span of 2 elements beside a destination of 3; give as many.",
            Assert.Throws<ArgumentException>(() => VectorOperations.Relu(new float[2], new float[3])).Message);

    private static float[] Adam<TLanes, TVector>(float[] g, float[] m, float[] v, float[] p, AdamStep step)
        where TLanes : struct, ILanes<TVector> where TVector : struct
    {
        float[] mean = [.. m], square = [.. v], parameters = [.. p];
        VectorOperations<TLanes, TVector>.Adam(g, mean, square, parameters, step, mean, square, parameters);
        return [.. mean, .. square, .. parameters];
    }

    private static float[] All<TLanes, TVector>(float[] a, float[] b, float[] c, byte[] bytes, MomentumStep step)
        where TLanes : struct, ILanes<TVector> where TVector : struct
    {
        var count = a.Length;
        float[] relu = new float[count], back = new float[count], sum = new float[count], floats = new float[count];
        float[] quotient = new float[count], v = new float[count], p = new float[count];
        VectorOperations<TLanes, TVector>.Relu(a, relu);
        VectorOperations<TLanes, TVector>.ReluBackward(a, b, back);
        VectorOperations<TLanes, TVector>.Add(a, b, sum);
        VectorOperations<TLanes, TVector>.Divide(a, 3, quotient);
        VectorOperations<TLanes, TVector>.BytesToFloats(bytes, 0.003f, -0.4f, floats);
        VectorOperations<TLanes, TVector>.SgdMomentum(a, b, c, step, v, p);
        return [.. relu, .. back, .. sum, .. quotient, .. floats, .. v, .. p];
    }
}
