using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace ActorTrain.Architecture.Tests;

/// <summary>What the documents promise about each other.</summary>
public partial class RepositoryTests
{
    private static readonly string Root = FindRoot();

    [Fact]
    public void CI_runs_the_test_command_that_the_README_names()
    {
        var command = TestCommand().Match(File.ReadAllText(Path.Combine(Root, "README.md"))).Value;
        Assert.NotEmpty(command);
        Assert.Contains($"\n{command}", File.ReadAllText(Path.Combine(Root, ".ci", "run")), StringComparison.Ordinal);
    }

    [Fact]
    public void The_MNIST_files_are_those_that_their_README_names()
    {
        var readme = File.ReadAllText(Path.Combine(Root, "data", "mnist", "README.md"));
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Root, "data", "mnist"), "*.gz"))
        {
            var hash = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file)));
            Assert.Contains(
                $"| {Path.GetFileName(file)} | {new FileInfo(file).Length} | {hash} |", readme,
                StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Every_setting_of_a_ready_configuration_is_one_that_the_program_knows()
    {
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Root, "configs"), "*.json"))
        {
            var configuration = Host.Configuration.TrainConfiguration.Build(file, []);
            Assert.NotNull(Host.Configuration.TrainSettings.Read(configuration));
        }
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "ActorTrain.sln"))) folder = folder.Parent!;
        return folder.FullName;
    }

    [GeneratedRegex("(?m)^dotnet test .*$")]
    private static partial Regex TestCommand();
}
