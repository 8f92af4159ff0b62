using System.Text.Json;
using System.Text.Json.Nodes;
using ActorTrain.Parity;

namespace ActorTrain.Core.Tests;

/// <summary>The runner of tests/Parity on the repository's copy of PyTorch's numbers.</summary>
public class ParityTests
{
    private static readonly string Reference =
        Path.Combine(AppContext.BaseDirectory, "Reference", "torch-reference.json");

    [Fact]
    public void Every_case_optimizer_schedule_and_the_training_run_agree_with_PyTorch() =>
        Assert.Equal((0, "84 of 84 agree\n"), Run(File.ReadAllText(Reference)));

    [Theory]
    [InlineData("cases", "softmax_dim0", "output", "case softmax_dim0: output[0]: ")]
    [InlineData("cases", "linear", "grads.weight", "case linear: gradient of weight[0]: ")]
    [InlineData("optimizers", "adagrad", "trajectory.11", "optimizer adagrad: after step 12, parameters[0]: ")]
    public void A_number_that_is_not_PyTorchs_is_told(string list, string name, string place, string told)
    {
        var file = JsonNode.Parse(File.ReadAllText(Reference))!;
        var node = file[list]!.AsArray().Single(c => (string?)c!["name"] == name)!;
        foreach (var key in place.Split('.')) node = int.TryParse(key, out var i) ? node[i]! : node[key]!;
        node["data"]![0] = (float)node["data"]![0]! + 0.001f;
        var (code, output) = Run(file.ToJsonString());
        Assert.StartsWith(told, output, StringComparison.Ordinal);
        Assert.EndsWith("83 of 84 agree\n", output, StringComparison.Ordinal);
        Assert.Equal(1, code);
    }

    [Fact]
    public void A_wrong_rate_a_wrong_loss_and_a_wrong_last_weight_are_told()
    {
        var file = JsonNode.Parse(File.ReadAllText(Reference))!;
        file["schedulers"]![0]!["lr_per_step"]![3] = 0.2;
        Assert.StartsWith("schedule step: rate of step[3]: 0.1, theirs 0.2\n", Run(file.ToJsonString()).Output,
            StringComparison.Ordinal);
        file = JsonNode.Parse(File.ReadAllText(Reference))!;
        file["training"]!["losses"]![4] = 2.3;
        Assert.Contains("loss before step[4]: 2.19", Run(file.ToJsonString()).Output, StringComparison.Ordinal);
        file = JsonNode.Parse(File.ReadAllText(Reference))!;
        file["training"]!["final"]!["4.bias"]!["data"]![0] = 1;
        Assert.Contains("at the end, 4.bias[0]: ", Run(file.ToJsonString()).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_not_here_does_not_agree()
    {
        var file = JsonNode.Parse(File.ReadAllText(Reference))!;
        file["cases"]![0]!["op"] = "fft";
        file["optimizers"]![5]!["attrs"]!["amsgrad"] = true;
        var (code, output) = Run(file.ToJsonString());
        Assert.Equal(
            (1, "case mm: there is no operation fft here\noptimizer adam: there is no argument amsgrad here\n"
                + "82 of 84 agree\n"),
            (code, output));
        Assert.Equal((1, "0 of 0 agree\n"), Run("{}"));
    }

    [Fact]
    public void Usage_is_told_with_exit_code_2()
    {
        Assert.Equal(2, Parity.Program.Main([]));
        Assert.Equal(2, Parity.Program.Main(["no-such-file.json"]));
        Assert.Equal(0, Parity.Program.Main([Reference]));
        var broken = Path.GetTempFileName();
        try
        {
            File.WriteAllText(broken, "{\"cases\":[{}]}");
            Assert.Equal(2, Parity.Program.Main([broken]));
            File.WriteAllText(broken, "no JSON");
            Assert.Equal(2, Parity.Program.Main([broken]));
        }
        finally
        {
            File.Delete(broken);
        }
    }

    private static (int Code, string Output) Run(string json)
    {
        using var file = JsonDocument.Parse(json);
        using var output = new StringWriter { NewLine = "\n" };
        var code = Parity.Program.Tell([.. Cases.Of(file.RootElement)], output);
        return (code, output.ToString());
    }
}
