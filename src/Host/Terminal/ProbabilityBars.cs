using System.Globalization;

namespace ActorTrain.Host.Terminal;

/// <summary>A prediction as lines of text.</summary>
internal static class ProbabilityBars
{
    private const int Width = 40;

    /// <summary>A line with the class, then a bar for each class.</summary>
    /// <param name="name">What was predicted on, for example a file.</param>
    /// <param name="probabilities">One for each class, 0 … 1.</param>
    public static IEnumerable<string> Lines(string name, ReadOnlyMemory<float> probabilities)
    {
        var best = Predictions.Class(probabilities.Span);
        yield return string.Create(
            CultureInfo.InvariantCulture, $"{name}: {best} ({100 * probabilities.Span[best]:F1} %)");
        for (var i = 0; i < probabilities.Length; i++)
        {
            var share = probabilities.Span[i];
            var bar = new string('█', (int)MathF.Round(share * Width));
            yield return string.Create(
                CultureInfo.InvariantCulture, $"  {i}  {bar.PadRight(Width)} {100 * share,5:F1} %");
        }
    }
}
