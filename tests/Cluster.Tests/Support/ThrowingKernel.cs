using ActorTrain.Kernels;

namespace ActorTrain.Cluster.Tests;

/// <summary>The managed kernel, until its forward products begin to throw.</summary>
/// <param name="after">How many it computes before.</param>
internal sealed class ThrowingKernel(int after) : IMatMul
{
    private readonly ManagedMatMul _managed = new();
    private int _calls;

    public string Name => "managed";

    public void Multiply(MatrixView a, MatrixView b, ReadOnlySpan<float> bias, MatrixSpan c, ReadOnlySpan<int> leafRows)
    {
        if (Interlocked.Increment(ref _calls) > after) throw new InvalidOperationException("thrown by the test");
        _managed.Multiply(a, b, bias, c, leafRows);
    }

    public void MultiplyTransposed(MatrixView a, MatrixView b, MatrixSpan c, ReadOnlySpan<int> leafRows) => _managed.MultiplyTransposed(a, b, c, leafRows);

    public void TransposedMultiply(MatrixView a, MatrixView b, MatrixSpan c, ReadOnlySpan<int> leafRows) => _managed.TransposedMultiply(a, b, c, leafRows);
}
