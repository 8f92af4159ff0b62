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

    [Fact]
    public void Every_link_of_a_document_leads_to_a_file_or_a_heading_there()
    {
        foreach (var document in Documents())
            foreach (Match link in Link().Matches(File.ReadAllText(document)))
            {
                var target = Path.Combine(Path.GetDirectoryName(document)!, link.Groups["path"].Value);
                var anchor = link.Groups["anchor"].Value;
                Assert.True(Path.Exists(target), $"{document}: {link.Value} leads nowhere.");
                Assert.True(anchor.Length == 0 || Anchors(target).Contains(anchor), $"{document}: no {link.Value}.");
            }
    }

    [Fact]
    public void Every_type_that_the_code_map_names_is_there()
    {
        var code = Directory.EnumerateFiles(Repository.In("src"), "*.cs", SearchOption.AllDirectories)
            .Select(File.ReadAllText).ToList();
        foreach (Match name in TypeName().Matches(File.ReadAllText(Repository.In("docs", "code-map.md"))))
        {
            var declared = new Regex($@"\b(class|record|struct|interface|enum) {name.Groups["name"].Value}\b");
            Assert.True(
                code.Exists(declared.IsMatch) || IsFolder(name.Groups["name"].Value),
                $"The code map names {name.Value}, which is neither a type nor a folder.");
        }
    }

    // This repository's own, without what other projects have built into it.
    private static IEnumerable<string> Documents() => Directory.EnumerateFiles(Repository.Root, "*.md")
        .Concat(Directory.EnumerateFiles(Repository.In("docs"), "*.md", SearchOption.AllDirectories));

    // As GitHub makes them of headings.
    private static IEnumerable<string> Anchors(string document) => File.ReadLines(document)
        .Where(line => line.StartsWith('#'))
        .Select(line => NotInAnchor().Replace(line.TrimStart('#', ' ').ToLowerInvariant(), "").Replace(' ', '-'));

    private static bool IsFolder(string name) => new[] { "src", "tests" }.Any(root =>
        Directory.EnumerateDirectories(Repository.In(root), name, SearchOption.AllDirectories).Any());

    [GeneratedRegex(@"\]\((?!https?:)(?<path>[^)#\s]+)(#(?<anchor>[^)\s]+))?\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"`(?<name>[A-Z][A-Za-z]+)`")]
    private static partial Regex TypeName();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex NotInAnchor();

    [GeneratedRegex("(?m)^dotnet test .*$")]
    private static partial Regex TestCommand();
}
