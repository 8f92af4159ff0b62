using ActorTrain.Core.Tests.Files;
using ActorTrain.Host.Configuration;

namespace ActorTrain.Host.Tests;

public sealed class ModelOptionTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("""{"layers":[]}""", "model: Sequential: give at least one layer.")]
    [InlineData(
        """{"layers":[{"name":"a","type":"ReLU"},{"name":"a","type":"ReLU"}]}""",
        "model: Sequential: two layers are named 'a'; give each its own name.")]
    public void What_is_wrong_with_a_model_is_said_without_names_of_the_programs_own(string json, string message)
    {
        File.WriteAllText(_folder.At("m.json"), json);
        Assert.Equal(
            $"--model: {_folder.At("m.json")}: {message}",
            Assert.Throws<UsageException>(() => ModelOption.Read(_folder.At("m.json"), LayerRegistry.Empty)).Message);
    }
}
