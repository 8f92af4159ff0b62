namespace ActorTrain.EndToEnd.Tests;

/// <summary>
/// Runs whose weights depend on who computed what: each leaves a schedule that gives the same bits again.
/// </summary>
public class StrategyTests
{
    [Theory, InlineData("async"), InlineData("ssp:1"), InlineData("local:8")]
    public void A_schedule_gives_the_bits_of_its_run_again(string strategy)
    {
        using var program = new TestProgram();
        var weights = program.Weights(
            [], "--strategy", strategy, "--shards", "2", "--max-steps", "300", "--out", "run");
        var replay = program.Report([], "--replay-schedule", program.In("run", "schedule.jsonl"), "--out", "again");
        Assert.Equal(weights, replay.GetProperty("weightsSha256").GetString());
        Assert.Equal(
            (300, strategy), (replay.GetProperty("steps").GetInt32(), replay.GetProperty("strategy").GetString()));
        Assert.Equal(
            File.ReadAllBytes(program.In("run", "schedule.jsonl")),
            File.ReadAllBytes(program.In("again", "schedule.jsonl")));
    }

    [Fact]
    public void A_run_that_goes_on_from_a_checkpoint_keeps_its_whole_schedule()
    {
        using var program = new TestProgram();
        program.Weights([], "--strategy", "async", "--shards", "2", "--max-steps", "200", "--out", "run");
        var weights = program.Weights([], "--resume", "run", "--shards", "3", "--max-steps", "300");
        Assert.Equal(
            weights, program.Weights([], "--replay-schedule", program.In("run", "schedule.jsonl"), "--out", "again"));
    }

    [Fact]
    public void One_asynchronous_shard_has_the_bits_of_synchronous_training()
    {
        using var program = new TestProgram();
        Assert.Equal(
            program.Weights([], "--max-steps", "100"),
            program.Weights([], "--strategy", "async", "--shards", "1", "--max-steps", "100"));
    }

    [Fact]
    public void A_schedule_that_does_not_fit_or_is_damaged_is_one_clear_error()
    {
        using var program = new TestProgram();
        program.Weights([], "--strategy", "async", "--max-steps", "20", "--out", "run");
        var file = Path.Combine("run", "schedule.jsonl");
        AssertError(2, $"--replay-schedule: the options ask for another recipe than {file} has; it holds for that "
            + "alone. Leave them out.",
            "--replay-schedule", file, "--seed", "8");
        AssertError(
            2, "--replay-schedule: nowhere does not exist; give the schedule.jsonl of a run.", "--replay-schedule",
            "nowhere");
        AssertError(
            2, "--replay-schedule: a schedule is replayed from its beginning; leave --resume out.", "--replay-schedule",
            file, "--resume", "run");
        var mnist = File.ReadAllText(program.In(file));
        File.WriteAllText(
            program.In(file), mnist.Replace(Dataset.Mnist().Sha256, new('0', 64), StringComparison.Ordinal));
        AssertError(2, $"--data: mnist ({Dataset.Mnist().Sha256[..12]}) is not the data of {file} (mnist, "
            + "000000000000); a schedule holds for its data.",
            "--replay-schedule", file);
        File.WriteAllText(program.In(file), mnist[..^10]);
        AssertError(
            1, $"--replay-schedule: {file}: truncated or damaged: its SHA-256 does not match its entries.",
            "--replay-schedule", file);

        void AssertError(int exitCode, string message, params string[] arguments)
        {
            var result = program.Run(["train", .. arguments]);
            Assert.Equal((exitCode, message), (result.ExitCode, result.Error.TrimEnd()));
        }
    }
}
