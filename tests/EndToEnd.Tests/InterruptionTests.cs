using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using ActorTrain.Checkpoints;

namespace ActorTrain.EndToEnd.Tests;

/// <summary>Killed, stopped, resumed: the weights are those of a run that nobody disturbed.</summary>
public class InterruptionTests
{
    // So many that a run never ends before the test ends it, however slow the test is.
    private static readonly string[] ManyEpochs = ["--epochs", "100000", "--seed", "11"];

    private static readonly string[] TwoEpochs = ["--epochs", "2", "--seed", "11"];

    private static readonly Lazy<string> Undisturbed = new(() => UndisturbedAfter(epochs: 2));

    [Fact]
    public void A_run_that_is_killed_in_the_middle_of_an_epoch_resumes_to_the_same_bits()
    {
        using var program = new TestProgram();
        var process = program.Start([], ["train", .. ManyEpochs, "--out", "run"]);
        while (process.StandardOutput.ReadLine() is { } line && !line.StartsWith("epoch 1/", StringComparison.Ordinal))
        {
        }
        process.Kill();
        process.WaitForExit();
        Assert.False(File.Exists(program.In("run", "report.json")));
        AssertResumesToTheSameBits(program, "--shards", "3");
    }

    [Fact]
    public void A_run_that_is_interrupted_stops_after_its_step_with_a_checkpoint_and_resumes_to_the_same_bits()
    {
        using var program = new TestProgram();
        var process = program.Start([], ["train", .. ManyEpochs, "--out", "run"]);
        AwaitFirstStep(program, process);
        Assert.True(Signal(process));
        var result = TestProgram.End(process);
        Assert.StartsWith("mnist: 60000 training and 10000 test examples", result.Output, StringComparison.Ordinal);
        Assert.Contains(
            "stopping after this step; press Ctrl-C again to stop at once", result.Output, StringComparison.Ordinal);
        AssertStopped(result);
        AssertResumesToTheSameBits(program);
    }

    // As timeout -s INT does: to the process, and to its group.
    [Fact]
    public void A_signal_that_comes_twice_at_once_stops_cleanly()
    {
        using var program = new TestProgram();
        var process = program.Start([], ["train", .. ManyEpochs, "--out", "run"]);
        AwaitFirstStep(program, process);
        Assert.True(Signal(process, times: 2));
        AssertStopped(TestProgram.End(process));
    }

    // On a slow machine the program may have ended before the signal.
    [Fact]
    public void A_signal_while_the_results_are_written_lets_them_be_finished()
    {
        using var program = new TestProgram();
        var process = program.Start([], ["train", "--epochs", "1", "--out", "run"]);
        while (!File.Exists(program.In("run", "report.json")) && !process.HasExited) Thread.Sleep(1);
        Signal(process);
        Assert.Equal(0, TestProgram.End(process).ExitCode);
        Assert.All(["curves.png", "confusion.png"], name => Assert.True(File.Exists(program.In("run", name)), name));
    }

    [Fact]
    public void Resuming_a_run_that_is_done_says_so_and_one_that_is_past_the_asked_end_is_refused()
    {
        using var program = new TestProgram();
        var weights = program.Weights([], "--max-steps", "5", "--epochs", "1", "--out", "run");
        var again = program.Run("train", "--resume", "run", "--max-steps", "5", "--report", "report.json");
        Assert.Equal(0, again.ExitCode);
        Assert.Contains(
            "is at the run's end, 5 steps: nothing is left to train", again.Output, StringComparison.Ordinal);
        Assert.Contains(weights, File.ReadAllText(program.In("report.json")), StringComparison.Ordinal);

        var less = program.Run("train", "--resume", "run", "--max-steps", "4");
        Assert.Equal(2, less.ExitCode);
        Assert.Contains(
            "has 5 steps done (938 an epoch), and --epochs or --max-steps end the run after 4; give more, or leave "
            + "them out.",
            less.Error,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_damaged_newest_checkpoint_is_reported_and_the_one_before_is_used()
    {
        using var program = new TestProgram();
        program.Weights([], "--seed", "11", "--epochs", "1", "--out", "run");
        var newest = Directory.GetFiles(program.In("run", "checkpoints")).Order(StringComparer.Ordinal).Last();
        var bytes = File.ReadAllBytes(newest);
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(newest, bytes);
        var result = program.Run("train", "--resume", "run", "--epochs", "2", "--report", "report.json");
        Assert.Equal(0, result.ExitCode);
        Assert.Contains($"skipped {Path.Combine("run", "checkpoints", Path.GetFileName(newest))}", result.Error,
            StringComparison.Ordinal);
        Assert.Contains(Undisturbed.Value, File.ReadAllText(program.In("report.json")), StringComparison.Ordinal);
    }

    [Fact]
    public void Max_steps_in_the_middle_of_an_epoch_and_a_resume_end_with_the_same_bits()
    {
        using var program = new TestProgram();
        program.Weights([], [.. TwoEpochs, "--max-steps", "1200", "--out", "run"]);
        Assert.Equal(Undisturbed.Value, program.Weights([], "--resume", "run", "--shards", "1"));
    }

    [Fact]
    public void The_recipe_of_a_run_that_went_on_is_that_of_the_longer_run()
    {
        using var program = new TestProgram();
        program.Weights([], "--hidden", "4", "--max-steps", "20", "--out", "run");
        var weights = program.Weights([], "--resume", "run", "--max-steps", "40");
        Assert.Equal(weights, program.Weights([], "--model", "run/recipe.json"));
    }

    [Fact]
    public void A_replay_that_is_interrupted_says_so_and_leaves_nothing()
    {
        using var program = new TestProgram();
        program.Weights([], "--strategy", "async", "--max-steps", "4000", "--out", "run");
        var process = program.Start(
            [], "train", "--replay-schedule", Path.Combine("run", "schedule.jsonl"), "--out", "again");
        while (!process.HasExited && !File.Exists(program.In("again", "recipe.json"))) Thread.Sleep(1);
        Assert.True(Signal(process));
        var result = TestProgram.End(process);
        Assert.Contains(
            "stopping; a replay that is stopped leaves nothing; press Ctrl-C again to stop at once", result.Output,
            StringComparison.Ordinal);
        Assert.Equal((1, "stopped"), (result.ExitCode, result.Error.TrimEnd()));
        Assert.False(Directory.Exists(program.In("again")));
    }

    [Fact]
    public void Output_that_nobody_takes_costs_no_run_and_names_itself_elsewhere()
    {
        if (!File.Exists("/dev/full")) Assert.Skip("needs a device that is always full");
        using var program = new TestProgram();
        var trained = program.RunInShell(
            "exec >/dev/full", "train", "--hidden", "4", "--max-steps", "3", "--out", "run");
        Assert.Equal(0, trained.ExitCode);
        Assert.StartsWith("standard output: No space left on device", trained.Error, StringComparison.Ordinal);
        Assert.EndsWith("; the run goes on without it", trained.Error.TrimEnd(), StringComparison.Ordinal);
        Assert.DoesNotContain("\n", trained.Error.TrimEnd(), StringComparison.Ordinal);
        Assert.True(File.Exists(program.In("run", "report.json")));

        var evaluated = program.RunInShell("exec >/dev/full", "evaluate", "--checkpoint", "run");
        Assert.StartsWith("standard output: No space left on device", evaluated.Error, StringComparison.Ordinal);
        Assert.Equal(1, evaluated.ExitCode);
    }

    [Fact]
    public void A_resume_into_another_folder_leaves_the_first_run_as_it_is()
    {
        using var program = new TestProgram();
        program.Weights([], "--hidden", "4", "--max-steps", "20", "--out", "first");
        var before = Contents(program.In("first"));
        var weights = program.Weights([], "--resume", "first", "--out", "second", "--max-steps", "30");
        Assert.Equal(weights, program.Weights([], "--hidden", "4", "--max-steps", "30"));
        Assert.Equal(before, Contents(program.In("first")));
        Assert.Equal(
            ["step-000000000020.checkpoint", "step-000000000030.checkpoint"],
            Directory.GetFiles(program.In("second", "checkpoints")).Select(file => Path.GetFileName(file))
                .Order(StringComparer.Ordinal));

        var taken = program.Run("train", "--resume", "first", "--out", "second", "--max-steps", "40");
        Assert.Equal(2, taken.ExitCode);
        Assert.StartsWith("--out: second holds a run already ", taken.Error, StringComparison.Ordinal);
        // The run's own folder by another name is no other folder.
        program.Weights([], "--resume", "first", "--out", "./first/", "--max-steps", "22");
    }

    [Fact]
    public void A_resume_from_an_older_checkpoint_needs_a_folder_of_its_own()
    {
        using var program = new TestProgram();
        program.Weights([], "--hidden", "4", "--max-steps", "20", "--out", "run");
        program.Weights([], "--resume", "run", "--max-steps", "30");
        var before = Contents(program.In("run"));
        var (older, newer) = (
            Path.Combine("run", "checkpoints", "step-000000000020.checkpoint"),
            Path.Combine("run", "checkpoints", "step-000000000030.checkpoint"));
        var refused = program.Run("train", "--resume", older, "--max-steps", "25");
        Assert.Equal(
            (2, $"--resume: {older} is not the newest checkpoint of its run ({newer}); give --out FOLDER for a run of "
                + "its own that goes on from there, or --resume run."),
            (refused.ExitCode, refused.Error.TrimEnd()));
        Assert.Equal(before, Contents(program.In("run")));
        Assert.Equal(
            program.Weights([], "--hidden", "4", "--max-steps", "25"),
            program.Weights([], "--resume", older, "--max-steps", "25", "--out", "branch"));
    }

    // To the end of the epoch after the one that its newest checkpoint is of.
    private static void AssertResumesToTheSameBits(TestProgram program, params string[] options)
    {
        var newest = new CheckpointFolder(program.In("run", "checkpoints"), keep: 1).Newest().Found!;
        var epochs = TrainingCheckpoint.Decode(newest.Contents).State.Position.Epoch + 2;
        string[] end = ["--epochs", epochs.ToString(CultureInfo.InvariantCulture)];
        Assert.Equal(UndisturbedAfter(epochs), program.Weights([], ["--resume", "run", .. end, .. options]));
    }

    private static List<(string Path, string Bytes)> Contents(string folder) =>
    [
        .. Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .Select(file => (file, Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file))))),
    ];

    private static string UndisturbedAfter(int epochs) =>
        Trainer.Train(new Recipe { Epochs = epochs, Seed = 11 }, Dataset.Mnist()).State.Parameters.Sha256();

    // The first checkpoint is written when the first step is about to begin.
    private static void AwaitFirstStep(TestProgram program, Process process)
    {
        while (!process.HasExited && (!Directory.Exists(program.In("run", "checkpoints"))
            || Directory.GetFiles(program.In("run", "checkpoints"), "*.checkpoint").Length == 0))
            Thread.Sleep(5);
    }

    private static void AssertStopped(TestProgram.Result result)
    {
        Assert.Contains("go on with: actortrain train --resume run", result.Output, StringComparison.Ordinal);
        Assert.Equal(0, result.ExitCode);
    }

    // By one shell, for two processes that send one each may be further apart than a person's two presses.
    private static bool Signal(Process process, int times = 1)
    {
        var command = string.Join(" && ", Enumerable.Repeat($"kill -INT {process.Id}", times));
        using var shell = Process.Start("bash", ["-c", command]);
        shell.WaitForExit();
        return shell.ExitCode == 0;
    }
}
