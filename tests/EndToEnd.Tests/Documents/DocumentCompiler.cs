using System.Text;
using Microsoft.CodeAnalysis;
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

    /// <summary>Writes the program beside this assembly, whose dependencies are its own.</summary>
    /// <returns>The assembly's path.</returns>
    public static string Compile(string document, IReadOnlyList<CodeBlock> blocks)
    {
        var name = $"{Path.GetFileNameWithoutExtension(document)}-{blocks[0].Line}-{Guid.NewGuid():N}";
        var path = Path.Combine(AppContext.BaseDirectory, $"{name}.dll");
        File.WriteAllBytes(
            path, SourceCompiler.Assembly(name, OutputKind.ConsoleApplication, Program(document, blocks)));
        return path;
    }

    private static string Program(string document, IReadOnlyList<CodeBlock> blocks)
    {
        var (usings, statements, types) = (new StringBuilder(), new StringBuilder(), new StringBuilder());
        foreach (var block in blocks)
        {
            var root = (CompilationUnitSyntax)SourceCompiler.Parse(block.Code)
                .GetRoot(TestContext.Current.CancellationToken);
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
}
