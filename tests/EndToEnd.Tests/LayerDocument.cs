using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace ActorTrain.EndToEnd.Tests;

/// <summary>The examples of docs/layers.md, compiled as they are written there.</summary>
internal static class LayerDocument
{
    // What ImplicitUsings gives a project.
    private const string ImplicitUsings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Net.Http;
        global using System.Threading;
        global using System.Threading.Tasks;
        """;

    /// <summary>The layers of docs/layers.md.</summary>
    public static string Layers => Blocks("docs/layers.md", "csharp").First();

    /// <summary>The model file of docs/layers.md.</summary>
    public static string ModelWithLayers => Blocks("docs/layers.md", "json").Single();

    /// <summary>A document's examples in a language.</summary>
    public static IEnumerable<string> Blocks(string document, string language)
    {
        var parts = File.ReadAllText(Path.Combine(Repository(), document)).Split($"```{language}\n");
        return parts.Skip(1).Select(part => part[..part.IndexOf("```", StringComparison.Ordinal)]);
    }

    /// <summary>An assembly of the framework and of this product's.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="kind">A program or a library.</param>
    /// <param name="files">Sources.</param>
    public static byte[] Assembly(string name, OutputKind kind, params IEnumerable<string> files)
    {
        var compilation = Compile(name, kind, files);
        Assert.Empty(Errors(compilation));
        using var bytes = new MemoryStream();
        Assert.True(compilation.Emit(bytes, cancellationToken: TestContext.Current.CancellationToken).Success);
        return bytes.ToArray();
    }

    /// <summary>Writes Acme.dll, of a library's source, and docs/layers.md's model.json into a folder.</summary>
    /// <returns>The library's layers, as this process has them.</returns>
    public static LayerRegistry WriteLayers(string folder, string source)
    {
        var assembly = Assembly("Acme", OutputKind.DynamicallyLinkedLibrary, source);
        File.WriteAllBytes(Path.Combine(folder, "Acme.dll"), assembly);
        File.WriteAllText(Path.Combine(folder, "model.json"), ModelWithLayers);
        return LayerRegistry.Empty.With(System.Reflection.Assembly.Load(assembly));
    }

    private static CSharpCompilation Compile(string name, OutputKind kind, IEnumerable<string> files) =>
        CSharpCompilation.Create(
            name, [Parse(ImplicitUsings), .. files.Select(Parse)], References(),
            new(kind, nullableContextOptions: NullableContextOptions.Enable));

    private static IEnumerable<string> Errors(CSharpCompilation compilation) => compilation
        .GetDiagnostics(TestContext.Current.CancellationToken)
        .Where(d => d.Severity == DiagnosticSeverity.Error)
        .Select(d => $"{d}\n{d.Location.SourceTree}");

    private static SyntaxTree Parse(string code) =>
        CSharpSyntaxTree.ParseText(code, cancellationToken: TestContext.Current.CancellationToken);

    // The framework, and all that a project that references src/Actors has.
    private static IEnumerable<MetadataReference> References() =>
        ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Select(path => MetadataReference.CreateFromFile(path));

    private static string Repository()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "ActorTrain.sln"))) folder = folder.Parent!;
        return folder.FullName;
    }
}
