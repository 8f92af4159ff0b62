using System.Runtime.Intrinsics;
using ActorTrain.Kernels;

namespace ActorTrain.Core.Tests.Kernels;

public class ElementwiseMathTests
{
    private static readonly float[] Specials =
    [
        0f, -0f, 1f, -1f, float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.MaxValue, float.MinValue,
        float.Epsilon, -float.Epsilon, 1.17549435e-38f, 1.1754942e-38f, 88.72283f, 88.72284f, 89f, -87.3f, -103.2f,
        -103.97f, -103.98f, -104f, -1e30f, 1e30f,
    ];

    [Fact]
    public void Exp_of_special_values_is_what_mathematics_says()
    {
        Assert.Equal(1f, ElementwiseMath.Exp(0f));
        Assert.Equal(1f, ElementwiseMath.Exp(-0f));
        Assert.Equal(float.PositiveInfinity, ElementwiseMath.Exp(float.PositiveInfinity));
        Assert.Equal(0f, ElementwiseMath.Exp(float.NegativeInfinity));
        Assert.Equal(float.PositiveInfinity, ElementwiseMath.Exp(88.8f));
        Assert.Equal(0f, ElementwiseMath.Exp(-104f));
        Assert.Equal(float.Epsilon, ElementwiseMath.Exp(-103.2f));
        Assert.True(float.IsNaN(ElementwiseMath.Exp(float.NaN)));
    }

    [Fact]
    public void Log_of_special_values_is_what_mathematics_says()
    {
        Assert.Equal(0, BitConverter.SingleToInt32Bits(ElementwiseMath.Log(1f)));
        Assert.Equal(float.NegativeInfinity, ElementwiseMath.Log(0f));
        Assert.Equal(float.NegativeInfinity, ElementwiseMath.Log(-0f));
        Assert.Equal(float.PositiveInfinity, ElementwiseMath.Log(float.PositiveInfinity));
        Assert.True(float.IsNaN(ElementwiseMath.Log(-1f)));
        Assert.True(float.IsNaN(ElementwiseMath.Log(-float.Epsilon)));
        Assert.True(float.IsNaN(ElementwiseMath.Log(float.NegativeInfinity)));
        Assert.True(float.IsNaN(ElementwiseMath.Log(float.NaN)));
        Assert.Equal(-103.27893f, ElementwiseMath.Log(float.Epsilon));
    }

    [Fact]
    public void Exp_is_within_one_unit_in_the_last_place() =>
        Assert.InRange(WorstUlps(ElementwiseMath.Exp, Math.Exp, Sweep(-104f, 88.7f)), 0, 1.0);

    [Fact]
    public void Log_is_within_one_and_a_half_units_in_the_last_place() =>
        Assert.InRange(
            WorstUlps(ElementwiseMath.Log, Math.Log, EveryThousandthPositive().Concat(Sweep(0.5f, 2f))), 0, 1.5);

    [Fact]
    public void Every_width_gives_the_bits_of_the_scalar_functions()
    {
        // 1003 is no multiple of any width.
        var x = Specials.Concat(Sweep(-110f, 95f)).Concat(EveryThousandthPositive()).Chunk(1003).ToArray();
        foreach (var part in x)
        {
            AssertAllWidths<ExpFunction>(part, ElementwiseMath.Exp);
            AssertAllWidths<LogFunction>(part, ElementwiseMath.Log);
        }
    }

    [Fact]
    public void Spans_of_different_lengths_are_refused() =>
        Assert.Equal("x has 2 elements, y 3; give as many.",
            Assert.Throws<ArgumentException>(() => ElementwiseMath.Exp(new float[2], new float[3])).Message);

    private static void AssertAllWidths<TFunction>(float[] x, Func<float, float> scalar)
        where TFunction : struct, IFunction
    {
        var expected = x.Select(v => BitConverter.SingleToInt32Bits(scalar(v))).ToArray();
        var y = new float[x.Length];
        ElementwiseMath.Map<TFunction, Lanes128, Vector128<float>>(x, y);
        Assert.Equal<int>(expected, y.Select(BitConverter.SingleToInt32Bits).ToArray());
        ElementwiseMath.Map<TFunction, Lanes256, Vector256<float>>(x, y);
        Assert.Equal<int>(expected, y.Select(BitConverter.SingleToInt32Bits).ToArray());
        ElementwiseMath.Map<TFunction, Lanes512, Vector512<float>>(x, y);
        Assert.Equal<int>(expected, y.Select(BitConverter.SingleToInt32Bits).ToArray());
    }

    private static IEnumerable<float> Sweep(float from, float to) =>
        Enumerable.Range(0, 400_001).Select(i => from + ((to - from) * (i / 400_000f)));

    private static IEnumerable<float> EveryThousandthPositive()
    {
        for (var bits = 1; bits < 0x7F800000; bits += 5003) yield return BitConverter.Int32BitsToSingle(bits);
    }

    // Distance to the exact value, in units of the last place of the float32 nearest to it.
    private static double WorstUlps(Func<float, float> function, Func<double, double> exact,
        IEnumerable<float> sweep) =>
        sweep.Max(x =>
        {
            var expected = exact(x);
            var nearest = Math.Abs((float)expected);
            return Math.Abs(function(x) - expected) / (MathF.BitIncrement(nearest) - (double)nearest);
        });
}
