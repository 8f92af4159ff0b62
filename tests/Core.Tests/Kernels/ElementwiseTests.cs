using System.Runtime.Intrinsics;
using ActorTrain.Kernels;

namespace ActorTrain.Core.Tests.Kernels;

public class ElementwiseTests
{
    private static readonly float[] Points =
    [
        float.NegativeInfinity, -1e4f, -90, -20, -3.2f, -1, -0.625f, -0.5f, -1e-3f, -1e-20f, 0, 1e-20f, 1e-3f, 0.3f,
        0.625f, 1, 2.5f, 7, 20, 88, 1e4f, float.PositiveInfinity, float.NaN,
        .. Enumerable.Range(0, 400).Select(i => (i - 200) / 20f),
    ];

    [Fact]
    public void Tanh_and_sigmoid_and_Phi_are_those_of_double_precision()
    {
        foreach (var x in Points.Where(x => Math.Abs(x) < 20))
        {
            AssertClose(Math.Tanh(x), LaneMath.Tanh<LanesScalar, float>(x), 3e-7, $"tanh {x}");
            AssertClose(1 / (1 + Exp(-x)), LaneMath.Sigmoid<LanesScalar, float>(x), 3e-7, $"sigmoid {x}");
            if (Math.Abs(x) < 6)
                AssertClose(Phi(x), LaneMath.NormalCdf<LanesScalar, float>(x), x < -1 ? 3e-6 : 3e-7, $"Phi {x}");
            AssertClose(Log1p(Math.Abs(x)), LaneMath.Log1p<LanesScalar, float>(MathF.Abs(x)), 3e-7, $"log1p {x}");
        }
    }

    [Fact]
    public void Far_out_they_are_at_their_limits()
    {
        Assert.Equal([-1, 1], [Tanh(float.NegativeInfinity), Tanh(1e4f)]);
        Assert.Equal([0, 1], [Sigmoid(float.NegativeInfinity), Sigmoid(float.PositiveInfinity)]);
        Assert.Equal([0, 1], [Phi1(-1e4f), Phi1(1e4f)]);
        Assert.True(float.IsNaN(Tanh(float.NaN)) && float.IsNaN(Sigmoid(float.NaN)) && float.IsNaN(Phi1(float.NaN)));

        static float Tanh(float x) => LaneMath.Tanh<LanesScalar, float>(x);
        static float Sigmoid(float x) => LaneMath.Sigmoid<LanesScalar, float>(x);
        static float Phi1(float x) => LaneMath.NormalCdf<LanesScalar, float>(x);
    }

    [Fact]
    public void Every_vector_width_gives_the_same_bits()
    {
        Assert.Equal(Bits<LanesScalar, float>(), Bits<Lanes128, Vector128<float>>());
        Assert.Equal(Bits<LanesScalar, float>(), Bits<Lanes256, Vector256<float>>());
        Assert.Equal(Bits<LanesScalar, float>(), Bits<Lanes512, Vector512<float>>());
    }

    private static IEnumerable<int> Bits<TLanes, TVector>()
        where TLanes : struct, ILanes<TVector> where TVector : struct
    {
        var result = new float[Points.Length];
        var bits = new List<int>();
        foreach (var dy in new[] { null, Points })
        {
            Elementwise.Run<All, TLanes, TVector>(default, Points, dy, result);
            bits.AddRange(result.Select(r => float.IsNaN(r) ? 0 : BitConverter.SingleToInt32Bits(r)));
        }
        return bits;
    }

    // ∫ of the normal density by Simpson's rule.
    private static double Phi(double x)
    {
        const int steps = 4000;
        var (low, sum) = (-9.0, 0.0);
        for (var i = 0; i <= steps; i++)
        {
            var t = low + ((x - low) * i / steps);
            sum += (i == 0 || i == steps ? 1 : i % 2 == 1 ? 4 : 2) * Exp(-t * t / 2);
        }
        return sum * (x - low) / steps / 3 / Math.Sqrt(2 * Math.PI);
    }

    private static double Log1p(double x) => x < 1e-8 ? x : Math.Log(1 + x);

    private static double Exp(double x) => Math.Pow(Math.E, x);

    private static void AssertClose(double expected, float actual, double tolerance, string what) =>
        Assert.True(
            Math.Abs(actual - expected) <= (tolerance * Math.Abs(expected)) + 1e-30,
            $"{what}: {actual:R}, not {expected:R}");

    private readonly struct All : IElementwise
    {
        public TVector Value<TLanes, TVector>(TVector x)
            where TLanes : struct, ILanes<TVector> where TVector : struct => TLanes.Add(
                LaneMath.Tanh<TLanes, TVector>(x),
                TLanes.Add(LaneMath.Sigmoid<TLanes, TVector>(x), LaneMath.NormalCdf<TLanes, TVector>(x)));

        public TVector Slope<TLanes, TVector>(TVector x)
            where TLanes : struct, ILanes<TVector> where TVector : struct =>
            LaneMath.Log1p<TLanes, TVector>(LaneMath.Abs<TLanes, TVector>(x));
    }
}
