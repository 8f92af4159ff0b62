using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace ActorTrain.EndToEnd.Tests;

/// <summary>Compiles sources as a project does that references what these tests reference.</summary>
internal static class SourceCompiler
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

    // An assembly that was compiled against an older one than there is: a build says nothing of it either.
    private static readonly Dictionary<string, ReportDiagnostic> NewerAssemblies = new()
    {
        ["CS1701"] = ReportDiagnostic.Suppress,
    };

    /// <summary>An assembly; a warning fails the test.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="kind">A program or a library.</param>
    /// <param name="sources">Its files.</param>
    public static byte[] Assembly(string name, OutputKind kind, params IEnumerable<string> sources)
    {
        var compilation = CSharpCompilation.Create(
            name, sources.Prepend(ImplicitUsings).Select(Parse), References(),
            new(
                kind, nullableContextOptions: NullableContextOptions.Enable,
                specificDiagnosticOptions: NewerAssemblies));
        using var bytes = new MemoryStream();
        Assert.Empty(compilation.Emit(bytes, cancellationToken: TestContext.Current.CancellationToken).Diagnostics
            .Where(d => d.Severity >= DiagnosticSeverity.Warning));
        return bytes.ToArray();
    }

    /// <summary>A source's syntax.</summary>
    public static SyntaxTree Parse(string source) =>
        CSharpSyntaxTree.ParseText(source, cancellationToken: TestContext.Current.CancellationToken);

    private static IEnumerable<MetadataReference> References() =>
        ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Select(path => MetadataReference.CreateFromFile(path));
}
