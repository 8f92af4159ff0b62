namespace ActorTrain.EndToEnd.Tests.Documents;

/// <summary>The documents' C# does what they say, run as it is written there.</summary>
public class DocumentTests
{
    [Theory]
    [InlineData("README.md", 2)]
    [InlineData("docs/data.md", 2)]
    [InlineData("docs/losses.md", 1)]
    [InlineData("docs/notebook.md", 1)]
    [InlineData("docs/optimizers.md", 1)]
    public void Every_program_prints_what_the_document_shows(string name, int count)
    {
        var document = ExecutableDocument.Read(name);
        var programs = document.Programs();
        Assert.Equal(count, programs.Length);
        var actual = document.WithOutputs([.. programs.SelectMany(blocks => Outputs(name, blocks))]);
        if (actual == document.Text) return;

        var file = Path.Combine(AppContext.BaseDirectory, Path.GetFileName(name));
        File.WriteAllText(file, actual);
        Assert.Fail($"{name} shows other output than its programs print; {file} is how it would be right.");
    }

    // They need a file of PyTorch's, and MKL.
    [Fact]
    public void The_programs_for_other_tools_compile()
    {
        var programs = ExecutableDocument.Read("docs/interop.md").Programs();
        Assert.Equal(2, programs.Length);
        foreach (var program in programs) File.Delete(DocumentCompiler.Compile("docs/interop.md", program));
    }

    private static string[] Outputs(string name, IReadOnlyList<CodeBlock> blocks)
    {
        using var program = new TestProgram();
        var assembly = DocumentCompiler.Compile(name, blocks);
        try
        {
            var result = program.RunBeside(assembly);
            Assert.True(result.ExitCode == 0, result.Output + result.Error);
            var outputs = result.Output.Split(DocumentCompiler.EndOfBlock);
            Assert.Equal(blocks.Count + 1, outputs.Length);
            DocumentPictures.AreThoseThatAreShown(program.Folder);
            return outputs[..^1];
        }
        finally
        {
            File.Delete(assembly);
        }
    }
}
