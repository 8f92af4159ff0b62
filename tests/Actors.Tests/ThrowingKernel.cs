using ActorTrain.Kernels;

namespace ActorTrain.Actors.Tests;

/// <summary>The managed kernel, whose first forward products throw.</summary>
internal sealed class ThrowingKernel(int times) : IMatMul
{
    private readonly ManagedMatMul _managed = new();
    private int _calls;

    public string Name => "throwing";

    public void Multiply(MatrixView a, MatrixView b, ReadOnlySpan<float> bias, MatrixSpan c, ReadOnlySpan<int> leafRows)
    {
        if (Interlocked.Increment(ref _calls) <= times) throw new InvalidOperationException("thrown by the test");
        _managed.Multiply(a, b, bias, c, leafRows);
    }

    public void MultiplyTransposed(MatrixView a, MatrixView b, MatrixSpan c, ReadOnlySpan<int> leafRows) => _managed.MultiplyTransposed(a, b, c, leafRows);

    public void TransposedMultiply(MatrixView a, MatrixView b, MatrixSpan c, ReadOnlySpan<int> leafRows) => _managed.TransposedMultiply(a, b, c, leafRows);
}
