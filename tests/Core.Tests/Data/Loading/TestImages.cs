namespace ActorTrain.Core.Tests.Data.Loading;

/// <summary>Images of random pixels, the same each time.</summary>
internal static class TestImages
{
    public static Split Of(int count, int rows, int columns)
    {
        var pixels = Tensor.Rand([count * rows * columns], seed: 5).ToArray();
        var labels = Enumerable.Range(0, count).Select(i => (byte)(i % 10)).ToArray();
        return Split.Of(Array.ConvertAll(pixels, u => (byte)(u * 256)), labels, rows, columns);
    }
}
