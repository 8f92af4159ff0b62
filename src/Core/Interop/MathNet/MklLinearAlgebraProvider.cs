using System.Numerics;
using ActorTrain.Kernels;
using MathNet.Numerics;
using MathNet.Numerics.Providers.LinearAlgebra;

namespace ActorTrain;

/// <summary>
/// A linear-algebra provider for MathNet.Numerics whose products of <c>Matrix&lt;float&gt;</c> and
/// <c>Matrix&lt;double&gt;</c> run on Intel MKL (sgemm, dgemm), on the calling thread; everything else is done by
/// MathNet's managed provider.
/// </summary>
/// <remarks>
/// MathNet keeps one provider for the whole process (<see cref="LinearAlgebraControl.Provider"/>); <see cref="Use"/>
/// sets it and says so. MKL is bound by us because the packages of MathNet that bind it are not always to be had.
/// </remarks>
public sealed unsafe class MklLinearAlgebraProvider : ILinearAlgebraProvider,
    IManagedLinearAlgebra<float>, IManagedLinearAlgebra<double>, IManagedLinearAlgebra<Complex>,
    IManagedLinearAlgebra<Complex32>
{
    private readonly CblasLibrary _library;
    private long _productCount;

    private MklLinearAlgebraProvider(CblasLibrary library) => _library = library;

    /// <summary>How many products MKL has computed for this provider.</summary>
    public long ProductCount => Volatile.Read(ref _productCount);

    /// <summary>Finds MKL and makes the provider, which MathNet does not use yet.</summary>
    /// <param name="searchFolders">Where to look for MKL first; then the system's own search path.</param>
    /// <exception cref="KernelUnavailableException">MKL is absent, or already in use with other settings.</exception>
    public static MklLinearAlgebraProvider Load(params ReadOnlySpan<string> searchFolders) =>
        new(CblasLibrary.Load(new MklVendor(), searchFolders));

    /// <summary>
    /// Makes MathNet use this provider in the whole process, until what is returned is disposed; then MathNet has the
    /// provider again that it had before.
    /// </summary>
    public IDisposable Use()
    {
        var registration = new Registration(LinearAlgebraControl.Provider);
        LinearAlgebraControl.Provider = this;
        return registration;
    }

    /// <summary>True: without MKL there is no such provider.</summary>
    public bool IsAvailable() => true;

    /// <summary>Does nothing: MKL was set up when it was loaded.</summary>
    public void InitializeVerify() { }

    /// <summary>Does nothing: MKL stays loaded.</summary>
    public void FreeResources() { }

    /// <summary>Names MKL's version and settings.</summary>
    public override string ToString() => $"ActorTrain MKL ({_library.Description})";

    /// <summary>result = x·y, column-major: x <c>[rowsX, columnsX]</c>, y <c>[columnsX, columnsY]</c>. BLAS:
    /// sgemm.</summary>
    /// <exception cref="ArgumentException">The sizes do not fit each other or the arrays.</exception>
    public void MatrixMultiply(float[] x, int rowsX, int columnsX, float[] y, int rowsY, int columnsY,
        float[] result) =>
        MatrixMultiplyWithUpdate(Transpose.DontTranspose, Transpose.DontTranspose, 1, x, rowsX, columnsX, y, rowsY,
            columnsY, 0, result);

    /// <summary>c = α·op(a)·op(b) + β·c, column-major; rows and columns are those of a and b as stored. BLAS:
    /// sgemm.</summary>
    /// <exception cref="ArgumentException">The sizes do not fit each other or the arrays.</exception>
    public void MatrixMultiplyWithUpdate(Transpose transposeA, Transpose transposeB, float alpha, float[] a, int rowsA,
        int columnsA, float[] b, int rowsB, int columnsB, float beta, float[] c)
    {
        var p = Product.Check(transposeA, a, rowsA, columnsA, transposeB, b, rowsB, columnsB, c);
        if (p.IsEmpty)
        {
            Scale(c, beta);
            return;
        }
        Interlocked.Increment(ref _productCount);
        fixed (float* pa = ApartFrom(c, a), pb = ApartFrom(c, b), pc = c)
            _library.Sgemm(CblasLibrary.ColumnMajor, p.OpA, p.OpB, p.M, p.N, p.K, alpha, pa, rowsA, pb, rowsB, beta,
                pc, p.M);
    }

    /// <summary>result = x·y, column-major: x <c>[rowsX, columnsX]</c>, y <c>[columnsX, columnsY]</c>. BLAS:
    /// dgemm.</summary>
    /// <exception cref="ArgumentException">The sizes do not fit each other or the arrays.</exception>
    public void MatrixMultiply(double[] x, int rowsX, int columnsX, double[] y, int rowsY, int columnsY,
        double[] result) =>
        MatrixMultiplyWithUpdate(Transpose.DontTranspose, Transpose.DontTranspose, 1, x, rowsX, columnsX, y, rowsY,
            columnsY, 0, result);

    /// <summary>c = α·op(a)·op(b) + β·c, column-major; rows and columns are those of a and b as stored. BLAS:
    /// dgemm.</summary>
    /// <exception cref="ArgumentException">The sizes do not fit each other or the arrays.</exception>
    public void MatrixMultiplyWithUpdate(Transpose transposeA, Transpose transposeB, double alpha, double[] a,
        int rowsA,
        int columnsA, double[] b, int rowsB, int columnsB, double beta, double[] c)
    {
        var p = Product.Check(transposeA, a, rowsA, columnsA, transposeB, b, rowsB, columnsB, c);
        if (p.IsEmpty)
        {
            Scale(c, beta);
            return;
        }
        Interlocked.Increment(ref _productCount);
        fixed (double* pa = ApartFrom(c, a), pb = ApartFrom(c, b), pc = c)
            _library.Dgemm(CblasLibrary.ColumnMajor, p.OpA, p.OpB, p.M, p.N, p.K, alpha, pa, rowsA, pb, rowsB, beta,
                pc, p.M);
    }

    // MathNet allows a result that is also an operand; BLAS does not.
    private static T[] ApartFrom<T>(T[] result, T[] operand) => ReferenceEquals(result,
        operand) ? [.. operand] : operand;

    private static void Scale<T>(T[] c, T factor) where T : INumber<T>
    {
        for (var i = 0; i < c.Length; i++) c[i] = T.IsZero(factor) ? T.Zero : c[i] * factor;
    }

    /// <summary>op(a) [M, K] times op(b) [K, N].</summary>
    private readonly record struct Product(int OpA, int OpB, int M, int N, int K)
    {
        public bool IsEmpty => M == 0 || N == 0 || K == 0;

        public static Product Check<T>(Transpose transposeA, T[] a, int rowsA, int columnsA,
            Transpose transposeB, T[] b, int rowsB, int columnsB, T[] c)
        {
            bool plainA = transposeA == Transpose.DontTranspose, plainB = transposeB == Transpose.DontTranspose;
            var (m, k) = plainA ? (rowsA, columnsA) : (columnsA, rowsA);
            var (l, n) = plainB ? (rowsB, columnsB) : (columnsB, rowsB);
            if (k != l)
                throw new ShapeMismatchException(
                    "MatrixMultiply", "op(b)", [l, n], $"[{k}, N]", $"op(a) has {k} columns.");
            Fits(nameof(a), a.Length, rowsA, columnsA);
            Fits(nameof(b), b.Length, rowsB, columnsB);
            Fits(nameof(c), c.Length, m, n);
            return new(Op(plainA), Op(plainB), m, n, k);
        }

        private static int Op(bool plain) => plain ? CblasLibrary.NoTranspose : CblasLibrary.Transpose;

        private static void Fits(string operand, int length, int rows, int columns)
        {
            if (rows < 0 || columns < 0 || length != (long)rows * columns)
                throw new ArgumentException(
                    $"MatrixMultiply: {operand} has {length} elements for [{rows}, {columns}].", operand);
        }
    }

    private sealed class Registration(ILinearAlgebraProvider before) : IDisposable
    {
        private ILinearAlgebraProvider? _before = before;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _before, null) is { } provider) LinearAlgebraControl.Provider = provider;
        }
    }
}
