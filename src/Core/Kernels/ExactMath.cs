namespace ActorTrain.Kernels;

/// <summary>
/// Functions of a double from additions, products and quotients alone, which round alike everywhere: the platform's own
/// power and cosine have other bits elsewhere.
/// </summary>
internal static class ExactMath
{
    /// <summary><paramref name="value"/> to a whole power from 0 on, by squaring.</summary>
    public static double Power(double value, long exponent)
    {
        var power = 1.0;
        for (; exponent > 0; exponent >>= 1)
        {
            if ((exponent & 1) == 1) power *= value;
            value *= value;
        }
        return power;
    }

    /// <summary>cos(π·x).</summary>
    public static double CosPi(double x)
    {
        // Even, of period 2, and odd about ½: what is left is 0 … ½, where Taylor's series to z²⁰ is exact to a double.
        x = Math.Abs(x % 2);
        if (x > 1) x = 2 - x;
        if (x > 0.5) return -CosPi(1 - x);
        var square = x * Math.PI * (x * Math.PI);
        var sum = 1.0;
        for (var n = 20; n >= 2; n -= 2) sum = 1 - (square / (n * (n - 1)) * sum);
        return x == 0.5 ? 0 : sum;
    }
}
