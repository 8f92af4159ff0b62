using System.Text.Json;

namespace ActorTrain.Parity;

/// <summary>Compares this library with PyTorch's numbers: runs every case of a file of the reference's form.</summary>
public static class Program
{
    /// <summary>0: all agree; 1: some do not, or the file holds none; 2: no such file, or not of that form.</summary>
    public static int Main(string[] args)
    {
        if (args is not [var path] || !File.Exists(path))
        {
            Console.Error.WriteLine(args is [var missing]
                ? $"{missing} does not exist; give a file of the form of "
                    + "tests/Core.Tests/Reference/torch-reference.json."
                : "usage: dotnet run -c Release --project tests/Parity -- FILE");
            return 2;
        }
        try
        {
            using var file = JsonDocument.Parse(File.ReadAllBytes(path));
            return Tell([.. Cases.Of(file.RootElement)], Console.Out);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            Console.Error.WriteLine($"{path} is not of the reference's form: {e.Message}");
            return 2;
        }
    }

    /// <summary>Runs cases and writes those that do not agree, then how many do.</summary>
    /// <returns>The exit code.</returns>
    public static int Tell(IReadOnlyList<Case> cases, TextWriter output)
    {
        var agreed = 0;
        foreach (var one in cases)
        {
            if (one.Disagreement() is { } what) output.WriteLine($"{one.Kind} {one.Name}: {what}");
            else agreed++;
        }
        output.WriteLine($"{agreed} of {cases.Count} agree");
        return agreed == cases.Count && agreed > 0 ? 0 : 1;
    }
}
