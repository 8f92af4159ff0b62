using System.Runtime.Intrinsics;
using ActorTrain.Kernels;

namespace ActorTrain.Core.Tests.Kernels;

/// <summary>The managed kernel at each width, also those that this processor only emulates.</summary>
public enum Width
{
    Scalar,
    Bits128,
    Bits256,
    Bits512,
}

/// <summary>
/// Runs a product of the managed kernel at one width and of the scalar truth, on the same random operands.
/// </summary>
internal static class MatMulCases
{
    /// <summary>Every kernel of one family at one width.</summary>
    internal sealed class ManagedAt(Width width) : IMatMul
    {
        public string Name => $"managed {width}";

        public void Multiply(MatrixView a, MatrixView b, ReadOnlySpan<float> bias, MatrixSpan c,
            ReadOnlySpan<int> leafRows) => Multiply(a, b, bias, c, leafRows, relu: false);

        public void MultiplyRelu(MatrixView a, MatrixView b, ReadOnlySpan<float> bias, MatrixSpan c,
            ReadOnlySpan<int> leafRows) => Multiply(a, b, bias, c, leafRows, relu: true);

        private void Multiply(MatrixView a, MatrixView b, ReadOnlySpan<float> bias, MatrixSpan c,
            ReadOnlySpan<int> leafRows, bool relu)
        {
            if (width == Width.Scalar) ManagedMatMul<LanesScalar, float>.Multiply(a, b, bias, c, leafRows, relu);
            else if (width == Width.Bits128)
                ManagedMatMul<Lanes128, Vector128<float>>.Multiply(a, b, bias, c, leafRows, relu);
            else if (width == Width.Bits256)
                ManagedMatMul<Lanes256, Vector256<float>>.Multiply(a, b, bias, c, leafRows, relu);
            else ManagedMatMul<Lanes512, Vector512<float>>.Multiply(a, b, bias, c, leafRows, relu);
        }

        public void MultiplyTransposed(MatrixView a, MatrixView b, MatrixSpan c, ReadOnlySpan<int> leafRows)
        {
            if (width == Width.Scalar) ManagedMatMul<LanesScalar, float>.MultiplyTransposed(a, b, c, leafRows);
            else if (width == Width.Bits128)
                ManagedMatMul<Lanes128, Vector128<float>>.MultiplyTransposed(a, b, c, leafRows);
            else if (width == Width.Bits256)
                ManagedMatMul<Lanes256, Vector256<float>>.MultiplyTransposed(a, b, c, leafRows);
            else ManagedMatMul<Lanes512, Vector512<float>>.MultiplyTransposed(a, b, c, leafRows);
        }

        public void TransposedMultiply(MatrixView a, MatrixView b, MatrixSpan c, ReadOnlySpan<int> leafRows)
        {
            if (width == Width.Scalar) ManagedMatMul<LanesScalar, float>.TransposedMultiply(a, b, c, leafRows);
            else if (width == Width.Bits128)
                ManagedMatMul<Lanes128, Vector128<float>>.TransposedMultiply(a, b, c, leafRows);
            else if (width == Width.Bits256)
                ManagedMatMul<Lanes256, Vector256<float>>.TransposedMultiply(a, b, c, leafRows);
            else ManagedMatMul<Lanes512, Vector512<float>>.TransposedMultiply(a, b, c, leafRows);
        }
    }

    /// <summary>
    /// A layer's three products for a batch of <paramref name="rows"/>; answers all bits that came out.
    /// </summary>
    public static int[] Run(IMatMul kernel, int rows, int inputs, int outputs, int padding, bool hasBias,
        int[] leafRows, int seed)
    {
        var random = new Random(seed);
        var x = Values(random, rows, inputs + padding);
        var w = Values(random, inputs, outputs + padding);
        var dy = Values(random, rows, outputs + padding);
        var bias = hasBias ? Values(random, 1, outputs) : [];
        // What lies between the rows of a result must stay; NaN there is also never read as an operand.
        float[] y = Unwritten(rows, outputs + padding), relu = Unwritten(rows, outputs + padding),
            dx = Unwritten(rows, inputs + padding), dw = Unwritten(inputs, outputs + padding);
        MatrixView X() => new(x, rows, inputs, inputs + padding);
        MatrixView W() => new(w, inputs, outputs, outputs + padding);
        MatrixView DY() => new(dy, rows, outputs, outputs + padding);
        kernel.Multiply(X(), W(), bias, new(y, rows, outputs, outputs + padding), leafRows);
        kernel.MultiplyRelu(X(), W(), bias, new(relu, rows, outputs, outputs + padding), leafRows);
        kernel.MultiplyTransposed(DY(), W(), new(dx, rows, inputs, inputs + padding), leafRows);
        kernel.TransposedMultiply(X(), DY(), new(dw, inputs, outputs, outputs + padding), leafRows);
        return [.. y.Concat(relu).Concat(dx).Concat(dw).Select(BitConverter.SingleToInt32Bits)];
    }

    /// <summary>Divides the rows into leaves at random, empty ones included.</summary>
    public static int[] Divide(int rows, int seed)
    {
        var random = new Random(seed);
        var leaves = new List<int>();
        for (var left = rows; left > 0;)
        {
            leaves.Add(random.Next(0, Math.Min(left, 17) + 1));
            left -= leaves[^1];
        }
        return [.. leaves];
    }

    private static float[] Values(Random random, int rows, int stride) =>
        [.. Enumerable.Range(0, rows * stride)
            .Select(_ => (random.NextSingle() - 0.5f) * MathF.Pow(2, random.Next(-8, 9)))];

    private static float[] Unwritten(int rows, int stride) => [.. Enumerable.Repeat(float.NaN, rows * stride)];
}
