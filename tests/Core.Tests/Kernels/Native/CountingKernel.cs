using ActorTrain.Kernels;

namespace ActorTrain.Core.Tests.Kernels;

/// <summary>Computes nothing, notes what it is asked for, and lets a test's clock pass some time for each
/// product.</summary>
internal sealed class CountingKernel(string name, Action? product = null) : IMatMul
{
    public List<string> Products { get; } = [];

    public string Name => name;

    public void Multiply(MatrixView a, MatrixView b, ReadOnlySpan<float> bias, MatrixSpan c,
        ReadOnlySpan<int> leafRows) =>
        Note($"[{a.Rows}, {a.Columns}] [{b.Rows}, {b.Columns}] + [{bias.Length}] -> [{c.Rows}, {c.Columns}]");

    public void MultiplyTransposed(MatrixView a, MatrixView b, MatrixSpan c, ReadOnlySpan<int> leafRows) =>
        Note($"[{a.Rows}, {a.Columns}] [{b.Rows}, {b.Columns}]' -> [{c.Rows}, {c.Columns}]");

    public void TransposedMultiply(MatrixView a, MatrixView b, MatrixSpan c, ReadOnlySpan<int> leafRows) =>
        Note($"[{a.Rows}, {a.Columns}]' [{b.Rows}, {b.Columns}] -> [{c.Rows}, {c.Columns}]");

    private void Note(string text)
    {
        Products.Add(text);
        product?.Invoke();
    }
}
