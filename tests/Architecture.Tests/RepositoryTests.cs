using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace ActorTrain.Architecture.Tests;

/// <summary>What the documents promise about each other.</summary>
public partial class RepositoryTests
{
    [Fact]
    public void CI_runs_the_test_command_that_the_README_names()
    {
        var command = TestCommand().Match(File.ReadAllText(Repository.In("README.md"))).Value;
        Assert.NotEmpty(command);
        Assert.Contains($"\n{command}", File.ReadAllText(Repository.In(".ci", "run")), StringComparison.Ordinal);
    }

    [Fact]
    public void The_MNIST_files_are_those_that_their_README_names()
    {
        var readme = File.ReadAllText(Repository.In("data", "mnist", "README.md"));
        foreach (var file in Directory.EnumerateFiles(Repository.In("data", "mnist"), "*.gz"))
        {
            var hash = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file)));
            Assert.Contains(
                $"| {Path.GetFileName(file)} | {new FileInfo(file).Length} | {hash} |", readme,
                StringComparison.Ordinal);
        }
    }

    [GeneratedRegex("(?m)^dotnet test .*$")]
    private static partial Regex TestCommand();
}
