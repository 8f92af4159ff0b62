using ActorTrain.Kernels;

namespace ActorTrain.Core.Tests.Support;

/// <summary>The managed kernel, some of whose forward products throw.</summary>
/// <param name="throws">Which: 1 is the first.</param>
internal sealed class ThrowingKernel(Func<int, bool> throws) : IMatMul
{
    private readonly ManagedMatMul _managed = new();
    private int _calls;

    public string Name => _managed.Name;

    public void Multiply(MatrixView a, MatrixView b, ReadOnlySpan<float> bias, MatrixSpan c, ReadOnlySpan<int> leafRows)
    {
        if (throws(Interlocked.Increment(ref _calls))) throw new InvalidOperationException("thrown by the test");
        _managed.Multiply(a, b, bias, c, leafRows);
    }

    public void MultiplyTransposed(MatrixView a, MatrixView b, MatrixSpan c, ReadOnlySpan<int> leafRows) =>
        _managed.MultiplyTransposed(a, b, c, leafRows);

    public void TransposedMultiply(MatrixView a, MatrixView b, MatrixSpan c, ReadOnlySpan<int> leafRows) =>
        _managed.TransposedMultiply(a, b, c, leafRows);
}
