using System.Collections.Immutable;
using System.Text.RegularExpressions;
using ActorTrain.Architecture.Tests;

namespace ActorTrain.EndToEnd.Tests.Documents;

/// <summary>Some C# of a document, and what the document says that it prints.</summary>
/// <param name="Line">The document's line where it begins, from 1.</param>
/// <param name="Code">The C#.</param>
internal sealed record CodeBlock(int Line, string Code)
{
    /// <summary>True where a program begins; a block without usings goes on with the program before it.</summary>
    public bool IsStart => Code.StartsWith("using ", StringComparison.Ordinal);
}

/// <summary>
/// A document with programs in it: C# in blocks, each followed by a block with what it prints, or by none where it
/// prints nothing.
/// </summary>
internal sealed partial record ExecutableDocument(string Name, string Text)
{
    public static ExecutableDocument Read(string name) =>
        new(name, File.ReadAllText(Repository.In(name)));

    /// <summary>The programs in order, each as its blocks in order.</summary>
    public ImmutableArray<ImmutableArray<CodeBlock>> Programs()
    {
        var programs = new List<List<CodeBlock>>();
        foreach (Match match in Block().Matches(Text))
        {
            var code = match.Groups["code"];
            var block = new CodeBlock(1 + Text.AsSpan(0, code.Index).Count('\n'), code.Value);
            if (block.IsStart) programs.Add([]);
            Assert.True(programs.Count > 0, $"{Name}:{block.Line}: the first block of C# has no usings.");
            programs[^1].Add(block);
        }
        return [.. programs.Select(program => program.ToImmutableArray())];
    }

    /// <summary>The document as it is when its blocks print this.</summary>
    /// <param name="outputs">One for each block.</param>
    public string WithOutputs(IReadOnlyList<string> outputs)
    {
        var next = 0;
        return Block().Replace(Text, match =>
        {
            var output = outputs[next++];
            var code = $"```csharp\n{match.Groups["code"].Value}```\n";
            return output.Length == 0 ? code : $"{code}\n```text\n{output}```\n";
        });
    }

    [GeneratedRegex(
        @"^```csharp\n(?<code>.*?)^```\n(\n```text\n.*?^```\n)?", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Block();
}
