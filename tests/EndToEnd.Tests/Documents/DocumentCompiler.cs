using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace ActorTrain.EndToEnd.Tests.Documents;

/// <summary>
/// Makes a program of a document's blocks, as a reader who copies them into a console project: usings first, then the
/// statements, types last.
/// </summary>
internal static class DocumentCompiler
{
    /// <summary>Printed behind each block's own output.</summary>
    public const char EndOfBlock = '\u001E';

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

    // An assembly that was compiled against an older one than there is: a build says nothing of it either.
    private static readonly Dictionary<string, ReportDiagnostic> NewerAssemblies = new()
    {
        ["CS1701"] = ReportDiagnostic.Suppress,
    };

    /// <summary>Writes the program beside this assembly, whose dependencies are its own.</summary>
    /// <returns>The assembly's path.</returns>
    public static string Compile(string document, IReadOnlyList<CodeBlock> blocks)
    {
        var name = $"{Path.GetFileNameWithoutExtension(document)}-{blocks[0].Line}-{Guid.NewGuid():N}";
        var program = Program(document, blocks);
        var path = Path.Combine(AppContext.BaseDirectory, $"{name}.dll");
        var compilation = CSharpCompilation.Create(
            name, [Parse(ImplicitUsings), Parse(program)], References(),
            new(
                OutputKind.ConsoleApplication, nullableContextOptions: NullableContextOptions.Enable,
                specificDiagnosticOptions: NewerAssemblies));
        using var assembly = new MemoryStream();
        var errors = compilation.Emit(assembly, cancellationToken: TestContext.Current.CancellationToken).Diagnostics
            .Where(diagnostic => diagnostic.Severity >= DiagnosticSeverity.Warning);
        Assert.Empty(errors);
        File.WriteAllBytes(path, assembly.ToArray());
        return path;
    }

    private static string Program(string document, IReadOnlyList<CodeBlock> blocks)
    {
        var (usings, statements, types) = (new StringBuilder(), new StringBuilder(), new StringBuilder());
        foreach (var block in blocks)
        {
            var root = (CompilationUnitSyntax)Parse(block.Code).GetRoot(TestContext.Current.CancellationToken);
            foreach (var directive in root.Usings) Add(usings, directive, document, block);
            foreach (var member in root.Members)
                Add(member is GlobalStatementSyntax ? statements : types, member, document, block);
            statements.Append("\n#line hidden\nConsole.Write('\\u001E');\n");
        }
        return $"{usings}{statements}{types}";
    }

    // Errors name the document and its line.
    private static void Add(StringBuilder text, SyntaxNode node, string document, CodeBlock block) => text.Append(
        $"\n#line {block.Line + node.GetLocation().GetLineSpan().StartLinePosition.Line} \"{document}\"\n{node}");

    private static SyntaxTree Parse(string code) =>
        CSharpSyntaxTree.ParseText(code, cancellationToken: TestContext.Current.CancellationToken);

    // The framework, and all that a project that references src/Actors and ScottPlot has.
    private static IEnumerable<MetadataReference> References() =>
        ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Select(path => MetadataReference.CreateFromFile(path));
}
