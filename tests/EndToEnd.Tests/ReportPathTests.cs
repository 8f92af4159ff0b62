using System.Text.Json;

namespace ActorTrain.EndToEnd.Tests;

/// <summary>Where <c>--report</c> writes to, and what it costs where it can't.</summary>
public class ReportPathTests
{
    [Fact]
    public void A_report_that_can_not_be_written_is_noticed_before_training()
    {
        using var program = new TestProgram();
        File.WriteAllText(program.In("file"), "");
        Directory.CreateDirectory(program.In("folder"));
        foreach (var (path, reason) in new[]
        {
            ("file/report.json", ""),
            ("folder", "it is a folder; give a file"),
            ("folder/", "it is a folder; give a file"),
        })
        {
            var result = program.Run("train", "--max-steps", "3", "--report", path);
            Assert.StartsWith($"--report: can't write {path}: {reason}", result.Error, StringComparison.Ordinal);
            Assert.Equal((2, ""), (result.ExitCode, result.Output));
        }
        Assert.Equal(2, Directory.GetFileSystemEntries(program.Folder).Length);
    }

    [Fact]
    public void A_report_that_fails_costs_nothing_else_of_the_run()
    {
        if (!File.Exists("/dev/full")) Assert.Skip("needs a device that is always full");
        using var program = new TestProgram();
        var result = program.Run(
            "train", "--hidden", "4", "--strategy", "async", "--max-steps", "3", "--out", "run", "--report",
            "/dev/full");
        Assert.StartsWith("can't write /dev/full: ", result.Error, StringComparison.Ordinal);
        Assert.Contains("written to run: ", result.Output, StringComparison.Ordinal);
        Assert.Equal(1, result.ExitCode);
        Assert.All(
            ["report.json", "schedule.jsonl", "confusion.png"],
            name => Assert.True(File.Exists(program.In("run", name)), name));
    }

    [Fact]
    public void A_report_can_be_the_last_of_the_output()
    {
        if (!File.Exists("/dev/stdout")) Assert.Skip("needs a name of standard output");
        using var program = new TestProgram();
        string[] options = ["train", "--hidden", "4", "--max-steps", "3", "--report", "/dev/stdout"];
        AssertEndsWithReport(program.Run(options).Output);
        Assert.Equal(0, program.RunInShell("exec > out", options).ExitCode);
        AssertEndsWithReport(File.ReadAllText(program.In("out")));

        static void AssertEndsWithReport(string output)
        {
            Assert.StartsWith("mnist: 60000 training", output, StringComparison.Ordinal);
            var report = JsonDocument.Parse(output[output.IndexOf("\n{", StringComparison.Ordinal)..]).RootElement;
            Assert.Equal(3, report.GetProperty("steps").GetInt32());
        }
    }
}
