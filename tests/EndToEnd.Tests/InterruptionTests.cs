using System.Diagnostics;
using System.Globalization;

namespace ActorTrain.EndToEnd.Tests;

/// <summary>Killed, stopped, resumed: the weights are those of a run that nobody disturbed.</summary>
public class InterruptionTests
{
    private static readonly string[] TwoEpochs = ["--epochs", "2", "--seed", "11"];

    private static readonly Lazy<string> Undisturbed = new(() =>
        Trainer.Train(new Recipe { Epochs = 2, Seed = 11 }, Dataset.Mnist()).State.Parameters.Sha256());

    [Fact]
    public void A_run_that_is_killed_in_the_middle_of_an_epoch_resumes_to_the_same_bits()
    {
        using var program = new TestProgram();
        using (var process = program.Start([], ["train", .. TwoEpochs, "--out", "run"]))
        {
            var first = process.StandardOutput.ReadLine();
            while (first is not null && !first.StartsWith("epoch 1/2", StringComparison.Ordinal)) first = process.StandardOutput.ReadLine();
            process.Kill();
            process.WaitForExit();
        }
        Assert.NotEmpty(Directory.GetFiles(program.In("run", "checkpoints")));
        Assert.False(File.Exists(program.In("run", "report.json")));
        Assert.Equal(Undisturbed.Value, program.Weights([], "--resume", "run", "--shards", "3"));
    }

    [Fact]
    public void A_run_that_is_interrupted_stops_after_its_step_with_a_checkpoint_and_resumes_to_the_same_bits()
    {
        using var program = new TestProgram();
        using (var process = program.Start([], ["train", .. TwoEpochs, "--out", "run"]))
        {
            Assert.StartsWith("mnist: 60000 training and 10000 test examples", process.StandardOutput.ReadLine(), StringComparison.Ordinal);
            SignalWhenSteppedOnce(program, process);
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            Assert.Contains("stopping after this step; press Ctrl-C again to stop at once", output, StringComparison.Ordinal);
            Assert.Contains("go on with: actortrain train --resume run", output, StringComparison.Ordinal);
            Assert.Equal(0, process.ExitCode);
        }
        Assert.Equal(Undisturbed.Value, program.Weights([], "--resume", "run"));
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
        Assert.Contains($"skipped {Path.Combine("run", "checkpoints", Path.GetFileName(newest))}", result.Error, StringComparison.Ordinal);
        Assert.Contains(Undisturbed.Value, File.ReadAllText(program.In("report.json")), StringComparison.Ordinal);
    }

    [Fact]
    public void Max_steps_in_the_middle_of_an_epoch_and_a_resume_end_with_the_same_bits()
    {
        using var program = new TestProgram();
        program.Weights([], [.. TwoEpochs, "--max-steps", "1200", "--out", "run"]);
        Assert.Equal(Undisturbed.Value, program.Weights([], "--resume", "run", "--shards", "1"));
    }

    // The first checkpoint is written when the first step is about to begin.
    private static void SignalWhenSteppedOnce(TestProgram program, Process process)
    {
        while (!Directory.Exists(program.In("run", "checkpoints")) || Directory.GetFiles(program.In("run", "checkpoints"), "*.checkpoint").Length == 0)
            Thread.Sleep(5);
        using var kill = Process.Start("kill", ["-INT", process.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }
}
