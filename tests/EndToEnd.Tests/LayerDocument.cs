using ActorTrain.Architecture.Tests;
using Microsoft.CodeAnalysis;

namespace ActorTrain.EndToEnd.Tests;

/// <summary>The examples of docs/layers.md, compiled as they are written there.</summary>
internal static class LayerDocument
{
    /// <summary>The layers of docs/layers.md.</summary>
    public static string Layers => Blocks("csharp").First();

    /// <summary>The model file of docs/layers.md.</summary>
    public static string ModelWithLayers => Blocks("json").Single();

    /// <summary>Its examples in a language.</summary>
    public static IEnumerable<string> Blocks(string language)
    {
        var parts = File.ReadAllText(Repository.In("docs", "layers.md")).Split($"```{language}\n");
        return parts.Skip(1).Select(part => part[..part.IndexOf("```", StringComparison.Ordinal)]);
    }

    /// <summary>Writes Acme.dll, of a library's source, and docs/layers.md's model.json into a folder.</summary>
    /// <returns>The library's layers, as this process has them.</returns>
    public static LayerRegistry WriteLayers(string folder, string source)
    {
        var assembly = SourceCompiler.Assembly("Acme", OutputKind.DynamicallyLinkedLibrary, source);
        File.WriteAllBytes(Path.Combine(folder, "Acme.dll"), assembly);
        File.WriteAllText(Path.Combine(folder, "model.json"), ModelWithLayers);
        return LayerRegistry.Empty.With(System.Reflection.Assembly.Load(assembly));
    }
}
