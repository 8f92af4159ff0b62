using ActorTrain.Core.Tests.Data;

namespace ActorTrain.EndToEnd.Tests;

/// <summary>Training images that are changed at random.</summary>
public class AugmentationTests
{
    private static readonly string[] Plain = ["--data", FewDigits.Folder, "--epochs", "1", "--max-steps", "20"];

    private static readonly string[] Options =
        [.. Plain, "--augment", "affine:10:0.1:0.1:5+elastic:20:4+shift:1+flip:0.1"];

    [Fact]
    public void The_weights_are_the_same_for_any_number_of_shards_and_nodes_and_at_any_vector_width()
    {
        using var program = new TestProgram();
        var one = program.Weights([], [.. Options, "--shards", "1"]);
        Assert.NotEqual(one, program.Weights([], Plain));
        Assert.Equal(one, program.Weights([], [.. Options, "--shards", "3"]));
        Assert.Equal(one, program.Weights([("DOTNET_EnableHWIntrinsic", "0")], [.. Options, "--shards", "2"]));
        var report = program.In("up.json");
        var up = program.Run(["up", "--workers", "1", .. Options, "--report", report]);
        Assert.True(up.ExitCode == 0, up.Output + up.Error);
        Assert.Contains(one, File.ReadAllText(report), StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_that_stopped_in_an_epoch_goes_on_with_the_images_it_would_have_had()
    {
        using var program = new TestProgram();
        // An epoch has 20 steps.
        string[] whole =
        [
            "--data", FewDigits.Folder, "--augment", "affine:10+elastic:20:4", "--batch-size", "100", "--max-steps",
            "35",
        ];
        var expected = program.Weights([], whole);
        program.Weights([], [.. whole[..^1], "32", "--out", "run"]);
        Assert.Equal(expected, program.Weights([], ["--resume", "--out", "run", .. whole[..2], .. whole[^2..]]));
    }
}
