using System.Globalization;

namespace ActorTrain.Cluster.Tests;

/// <summary>Figures of a test, shown with its output.</summary>
internal static class Measured
{
    /// <summary>Writes how long after something other things came.</summary>
    public static void Tell(string what, params IEnumerable<(string What, TimeSpan After)> figures) => Tell(
        $"{what}: {string.Join(", ", figures.Select(f => Text(f.What, f.After)))}");

    /// <summary>Writes a sentence.</summary>
    public static void Tell(string sentence)
    {
        TestContext.Current.TestOutputHelper!.WriteLine(sentence);
        TestContext.Current.SendDiagnosticMessage(sentence);
    }

    private static string Text(string what, TimeSpan after) =>
        string.Create(CultureInfo.InvariantCulture, $"{what} after {after.TotalSeconds:F2} s");
}
