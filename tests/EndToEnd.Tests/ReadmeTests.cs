using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace ActorTrain.EndToEnd.Tests;

/// <summary>
/// The documents' C# compiles as it is written there. <see cref="LibraryTests"/> runs the same as the README.
/// </summary>
public class ReadmeTests
{
    // What ImplicitUsings gives a console project.
    private const string ImplicitUsings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Net.Http;
        global using System.Threading;
        global using System.Threading.Tasks;
        """;

    [Theory, InlineData("README.md", 2), InlineData("docs/interop.md", 1), InlineData("docs/data.md", 2)]
    public void Every_example_in_CSharp_compiles_as_a_program(string document, int count)
    {
        var examples = Blocks(document, "csharp").ToList();
        Assert.Equal(count, examples.Count);
        Assert.All(examples, example => Assert.Empty(Errors(example)));
    }

    private static IEnumerable<string> Blocks(string document, string language)
    {
        var parts = File.ReadAllText(Path.Combine(Repository(), document)).Split($"```{language}\n");
        return parts.Skip(1).Select(part => part[..part.IndexOf("```", StringComparison.Ordinal)]);
    }

    private static IEnumerable<string> Errors(string program) => CSharpCompilation
        .Create("example", [Parse(ImplicitUsings), Parse(program)], References(), new(OutputKind.ConsoleApplication))
        .GetDiagnostics(TestContext.Current.CancellationToken)
        .Where(d => d.Severity == DiagnosticSeverity.Error)
        .Select(d => $"{d}\n{program}");

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
