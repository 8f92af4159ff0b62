using ActorTrain.Architecture.Tests;
using SkiaSharp;

namespace ActorTrain.EndToEnd.Tests.Documents;

/// <summary>The pictures that documents' programs draw.</summary>
internal static class DocumentPictures
{
    // Of 255, as a mean over all channels: edges of letters may differ by processor, a bar may not.
    private const double MostDifference = 0.25;

    /// <summary>Each picture in a program's folder is the one of this name that documents show.</summary>
    public static void AreThoseThatAreShown(string folder)
    {
        foreach (var drawn in Directory.EnumerateFiles(folder, "*.png"))
        {
            var name = Path.GetFileName(drawn);
            var shown = Repository.In("docs", "images", name);
            if (File.Exists(shown) && Difference(drawn, shown) <= MostDifference) continue;

            var file = Path.Combine(AppContext.BaseDirectory, name);
            File.Copy(drawn, file, overwrite: true);
            Assert.Fail($"docs/images/{name} is not what the program draws; {file} is how it would be right.");
        }
    }

    private static double Difference(string drawn, string shown)
    {
        using var first = SKBitmap.Decode(drawn);
        using var second = SKBitmap.Decode(shown);
        if (first.Width != second.Width || first.Height != second.Height) return byte.MaxValue;
        var (a, b) = (first.Bytes, second.Bytes);
        return a.Zip(b, (p, q) => (double)Math.Abs(p - q)).Average();
    }
}
