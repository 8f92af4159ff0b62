using System.Text.Json;

namespace ActorTrain.EndToEnd.Tests;

/// <summary>An optimiser with all that goes around it, on the command line.</summary>
public class UpdateRuleTests
{
    private static readonly string[] Options =
    [
        "--optimizer", "adamw", "--weight-decay", "0.05", "--schedule", "warmup:20:0.1+cosine", "--clip-norm", "1",
        "--ema", "0.95", "--max-steps", "150",
    ];

    [Fact]
    public void The_weights_are_the_same_for_any_number_of_shards_and_at_any_vector_width()
    {
        using var program = new TestProgram();
        var one = program.Weights([], [.. Options, "--shards", "1"]);
        Assert.Equal(one, program.Weights([], [.. Options, "--shards", "3"]));
        Assert.Equal(one, program.Weights([("DOTNET_EnableAVX512", "0")], [.. Options, "--shards", "2"]));
    }

    [Fact]
    public void Evaluate_uses_the_average_that_the_report_tells_beside_the_last_weights()
    {
        using var program = new TestProgram();
        var report = program.Report([], Options);
        var average = report.GetProperty("averageTestAccuracy").GetDouble();
        Assert.InRange(average, 0.8, 1);
        Assert.NotEqual(average, report.GetProperty("testAccuracy").GetDouble());
        var evaluated = JsonDocument.Parse(program.Run("evaluate", "--json").Output).RootElement;
        Assert.Equal(average, evaluated.GetProperty("accuracy").GetDouble());
        Assert.Equal(report.GetProperty("averageTestLoss").GetDouble(), evaluated.GetProperty("loss").GetDouble());
    }
}
