using ActorTrain.Core.Tests.Kernels;
using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.Providers.LinearAlgebra;
using Complex = System.Numerics.Complex;

namespace ActorTrain.Core.Tests.Interop;

// MathNet has one provider for the whole process, so nothing else may run meanwhile.
[CollectionDefinition(nameof(MklLinearAlgebraProviderTests), DisableParallelization = true)]
[Collection(nameof(MklLinearAlgebraProviderTests))]
public class MklLinearAlgebraProviderTests
{
    private static readonly ManagedLinearAlgebraProvider Managed = ManagedLinearAlgebraProvider.Instance;

    [Fact]
    public void Products_of_float_and_double_matrices_run_on_MKL_while_it_is_in_use()
    {
        var mkl = NativeKernels.RequireMklProvider();
        var before = LinearAlgebraControl.Provider;
        var a = Matrix<float>.Build.Dense(2, 3, [1, 4, 2, 5, 3, 6]);
        var b = Matrix<float>.Build.Dense(3, 2, [7, 9, 11, 8, 10, 12]);
        using (mkl.Use())
        {
            Assert.Same(mkl, LinearAlgebraControl.Provider);
            Assert.StartsWith("ActorTrain MKL (", LinearAlgebraControl.Provider.ToString(), StringComparison.Ordinal);
            // Columns of [[58, 64], [139, 154]].
            Assert.Equal<float>([58, 139, 64, 154], (a * b).ToColumnMajorArray());
            Assert.Equal(1, mkl.ProductCount);
            Assert.Equal<float>([58, 139, 64, 154], a.Transpose().TransposeThisAndMultiply(b).ToColumnMajorArray());
            Assert.Equal<float>([58, 139, 64, 154], a.TransposeAndMultiply(b.Transpose()).ToColumnMajorArray());
            Assert.Equal<float>([58, 139], (a * b.Column(0)).ToArray());
            Assert.Equal(4, mkl.ProductCount);
            Assert.Equal<double>([58, 139, 64, 154], (a.ToDouble() * b.ToDouble()).ToColumnMajorArray());
            Assert.Equal(5, mkl.ProductCount);
        }
        Assert.Same(before, LinearAlgebraControl.Provider);
        Assert.Equal<float>([58, 139, 64, 154], (a * b).ToColumnMajorArray());
        Assert.Equal(5, mkl.ProductCount);
    }

    [Fact]
    public void Disposing_twice_restores_once()
    {
        var mkl = NativeKernels.RequireMklProvider();
        var before = LinearAlgebraControl.Provider;
        var first = mkl.Use();
        first.Dispose();
        using (mkl.Use())
        {
            first.Dispose();
            Assert.Same(mkl, LinearAlgebraControl.Provider);
        }
        Assert.Same(before, LinearAlgebraControl.Provider);
    }

    [Fact]
    public void Every_transposition_and_update_agrees_with_MathNets_own_provider()
    {
        var mkl = NativeKernels.RequireMklProvider();
        var random = new System.Random(1);
        foreach (var transposeA in Enum.GetValues<Transpose>())
            foreach (var transposeB in Enum.GetValues<Transpose>())
                foreach (var (alpha, beta) in new[] { (1f, 0f), (2f, 0f), (-1f, 1f), (0.5f, 3f) })
                {
                    const int m = 5, n = 7, k = 11;
                    var (rowsA, columnsA) = transposeA == Transpose.DontTranspose ? (m, k) : (k, m);
                    var (rowsB, columnsB) = transposeB == Transpose.DontTranspose ? (k, n) : (n, k);
                    // Small integers: every sum is exact, in any order.
                    float[] a = Integers(m * k), b = Integers(k * n), c = Integers(m * n), expected = [.. c];
                    Managed.MatrixMultiplyWithUpdate(transposeA, transposeB, alpha, a, rowsA, columnsA, b, rowsB,
                        columnsB, beta, expected);
                    double[] wideA = [.. a], wideB = [.. b], wideC = [.. c];
                    mkl.MatrixMultiplyWithUpdate(transposeA, transposeB, alpha, a, rowsA, columnsA, b, rowsB,
                        columnsB, beta, c);
                    mkl.MatrixMultiplyWithUpdate(transposeA, transposeB, alpha, wideA, rowsA, columnsA, wideB, rowsB,
                        columnsB, beta, wideC);
                    Assert.Equal<float>(expected, c);
                    Assert.Equal<double>(expected.Select(value => (double)value), wideC);
                }

        float[] Integers(int count) => [.. Enumerable.Range(0, count).Select(_ => (float)random.Next(-8, 9))];
    }

    [Fact]
    public void The_result_may_be_an_operand()
    {
        var mkl = NativeKernels.RequireMklProvider();
        float[] x = [1, 2, 3, 4];
        mkl.MatrixMultiply(x, 2, 2, x, 2, 2, x);
        Assert.Equal<float>([7, 10, 15, 22], x);
    }

    [Fact]
    public void A_sum_over_nothing_is_beta_c()
    {
        var mkl = NativeKernels.RequireMklProvider();
        float[] c = [1, float.NaN];
        mkl.MatrixMultiplyWithUpdate(Transpose.DontTranspose, Transpose.DontTranspose, 1, [], 1, 0, [], 0, 2, 0, c);
        Assert.Equal<float>([0, 0], c);
        double[] d = [1, 2];
        mkl.MatrixMultiplyWithUpdate(Transpose.DontTranspose, Transpose.DontTranspose, 1, [], 1, 0, [], 0, 2, 3, d);
        Assert.Equal<double>([3, 6], d);
    }

    [Fact]
    public void Sizes_that_do_not_fit_are_refused()
    {
        var mkl = NativeKernels.RequireMklProvider();
        Assert.Equal(
            "MatrixMultiply: op(b) has shape [2, 2], expected [3, N]. op(a) has 3 columns.",
            Assert.Throws<ShapeMismatchException>(() => mkl.MatrixMultiply(new float[6], 2, 3, new float[4], 2, 2,
            new float[4])).Message);
        Assert.Equal(
            "MatrixMultiply: c has 3 elements for [2, 2]. (Parameter 'c')",
            Assert.Throws<ArgumentException>(() => mkl.MatrixMultiply(new float[4], 2, 2, new float[4], 2, 2,
            new float[3])).Message);
    }

    [Fact]
    public void Everything_else_is_MathNets_own()
    {
        var mkl = NativeKernels.RequireMklProvider();
        using (mkl.Use())
        {
            var a = Matrix<float>.Build.Dense(2, 2, [2, 0, 0, 4]);
            Assert.Equal<float>([1, 2], a.LU().Solve(Vector<float>.Build.Dense([2, 8])).ToArray());
            Assert.Equal<float>([3, 12], (a.Column(0) + Vector<float>.Build.Dense([1, 12])).ToArray());
            Assert.Equal(4, a.Svd().S[0]);
            var i = Matrix<Complex>.Build.Dense(1, 1, Complex.ImaginaryOne);
            Assert.Equal(-Complex.One, (i * i)[0, 0]);
            Assert.Equal(0, mkl.ProductCount);
        }
    }

    /// <summary>A forwarding method with its arguments in the wrong order, or calling itself, would show
    /// here.</summary>
    [Fact]
    public void Each_element_wise_operation_agrees_with_MathNets_own_provider()
    {
        ILinearAlgebraProvider<double> mkl = NativeKernels.RequireMklProvider(), managed = Managed;
        double[] x = [1, 2, 3], y = [4, 5, 7];
        Action<ILinearAlgebraProvider<double>, double[]>[] operations =
        [
            (p, r) => p.AddVectorToScaledVector(y, 3, x, r),
            (p, r) => p.ScaleArray(3, x, r),
            (p, r) => p.ConjugateArray(x, r),
            (p, r) => r[0] = p.DotProduct(x, y),
            (p, r) => p.AddArrays(x, y, r),
            (p, r) => p.SubtractArrays(x, y, r),
            (p, r) => p.PointWiseMultiplyArrays(x, y, r),
            (p, r) => p.PointWiseDivideArrays(x, y, r),
            (p, r) => p.PointWisePowerArrays(x, y, r),
            (p, r) => r[0] = p.MatrixNorm(Norm.InfinityNorm, 1, 3, y),
        ];
        foreach (var operation in operations)
        {
            double[] expected = new double[3], got = new double[3];
            operation(managed, expected);
            operation(mkl, got);
            Assert.Equal<double>(expected, got);
        }
    }
}
