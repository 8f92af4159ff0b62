using System.Runtime.Intrinsics;
using ActorTrain.Kernels;
using PropertyAttribute = FsCheck.Xunit.PropertyAttribute;

namespace ActorTrain.Core.Tests.Kernels;

public class VectorOperationsTests
{
    // As PyTorch: damaged weights or inputs stay visible.
    [Fact]
    public void Relu_passes_what_is_positive_or_NaN_and_its_gradient_goes_the_same_ways()
    {
        float[] x = [1f, -1f, 0f, -0f, float.NaN, float.PositiveInfinity, float.NegativeInfinity];
        float[] y = new float[x.Length], dx = new float[x.Length];
        VectorOperations.Relu(x, y);
        VectorOperations.ReluBackward(y, [2f, 3f, 4f, 5f, 6f, 7f, 8f], dx);
        Assert.Equal(Bits([1f, 0f, 0f, 0f, float.NaN, float.PositiveInfinity, 0f]), Bits(y));
        Assert.Equal(Bits([2f, 0f, 0f, 0f, 6f, 7f, 0f]), Bits(dx));
    }

    [Property]
    public void Every_width_gives_the_bits_of_one_element_at_a_time(int seed)
    {
        var random = new Random(seed);
        var count = random.Next(0, 100);
        float[] Values() => [.. Enumerable.Range(0, count).Select(
            _ => random.Next(8) > 0 ? random.NextSingle() - 0.5f : random.Next(2) > 0 ? -0f : 0f)];
        float[] a = Values(), b = Values();
        var bytes = new byte[count];
        random.NextBytes(bytes);
        var expected = All<LanesScalar, float>(a, b, bytes);
        Assert.Equal(expected, All<Lanes128, Vector128<float>>(a, b, bytes));
        Assert.Equal(expected, All<Lanes256, Vector256<float>>(a, b, bytes));
        Assert.Equal(expected, All<Lanes512, Vector512<float>>(a, b, bytes));

        float[] relu = new float[count], back = new float[count], sum = new float[count], floats = new float[count];
        float[] quotient = new float[count], rows = new float[count];
        VectorOperations.Relu(a, relu);
        VectorOperations.ReluBackward(a, b, back);
        VectorOperations.Add(a, b, sum);
        VectorOperations.Divide(a, 3, quotient);
        VectorOperations.BytesToFloats(bytes, 0.003f, -0.4f, floats);
        VectorOperations.SumRows([.. a, .. b], count, 2, rows);
        Assert.Equal(expected, Bits([.. relu, .. back, .. sum, .. quotient, .. floats, .. rows]));
    }

    [Fact]
    public void Rows_are_added_in_order_from_their_first_elements_on()
    {
        var sum = new float[2];
        VectorOperations.SumRows([1e8f, 1f, 9f, 1f, 2f, 9f, -1e8f, 3f], stride: 3, count: 3, sum);
        Assert.Equal<float>([0f, 6f], sum);
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

    private static int[] All<TLanes, TVector>(float[] a, float[] b, byte[] bytes)
        where TLanes : struct, ILanes<TVector> where TVector : struct
    {
        var count = a.Length;
        float[] relu = new float[count], back = new float[count], sum = new float[count], floats = new float[count];
        float[] quotient = new float[count], rows = new float[count];
        VectorOperations<TLanes, TVector>.Relu(a, relu);
        VectorOperations<TLanes, TVector>.ReluBackward(a, b, back);
        VectorOperations<TLanes, TVector>.Add(a, b, sum);
        VectorOperations<TLanes, TVector>.Divide(a, 3, quotient);
        VectorOperations<TLanes, TVector>.BytesToFloats(bytes, 0.003f, -0.4f, floats);
        VectorOperations<TLanes, TVector>.SumRows((float[])[.. a, .. b], count, 2, rows);
        return Bits([.. relu, .. back, .. sum, .. quotient, .. floats, .. rows]);
    }

    private static int[] Bits(float[] values) => [.. values.Select(BitConverter.SingleToInt32Bits)];
}
