namespace ActorTrain.EndToEnd.Tests;

/// <summary>
/// The documents' C# compiles as it is written there. <see cref="LibraryTests"/> runs the same as the README,
/// <see cref="OwnLayerTests"/> what docs/layers.md says.
/// </summary>
public class ReadmeTests
{
    [Theory, InlineData("README.md", 2), InlineData("docs/interop.md", 1), InlineData("docs/data.md", 2)]
    public void Every_example_in_CSharp_compiles_as_a_program(string document, int count)
    {
        var examples = Documents.Blocks(document, "csharp").ToList();
        Assert.Equal(count, examples.Count);
        Assert.All(examples, example => Assert.Empty(Documents.Errors(example)));
    }
}
