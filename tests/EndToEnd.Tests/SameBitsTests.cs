using ActorTrain.Core.Tests.Data;

namespace ActorTrain.EndToEnd.Tests;

/// <summary>The promise: one recipe, one set of weights, whatever it runs on.</summary>
public class SameBitsTests
{
    private static readonly string[] Steps400 = ["--max-steps", "400"];

    private static readonly Lazy<string> Sequential400 = new(() => Sequential(400, Dataset.Mnist()));

    [Theory, InlineData(1), InlineData(2), InlineData(3), InlineData(4), InlineData(7)]
    public void Any_number_of_shards_ends_with_the_weights_of_the_sequential_trainer(int shards)
    {
        using var program = new TestProgram();
        Assert.Equal(Sequential400.Value, program.Weights([], [.. Steps400, "--shards", $"{shards}"]));
    }

    // Without AVX2 there is no fused multiply-add either: a step takes 0.1 s, and 10,000 test images some more.
    [Theory]
    [InlineData("DOTNET_EnableAVX512", 256, 400)]
    [InlineData("DOTNET_EnableAVX2", 128, 40)]
    [InlineData("DOTNET_EnableHWIntrinsic", 0, 20)]
    public void Any_vector_width_ends_with_the_same_weights(string disabled, int mostBits, int steps)
    {
        using var program = new TestProgram();
        var report = program.Report(
            [(disabled, "0")], "--data", FewDigits.Folder, "--epochs", "20", "--max-steps", $"{steps}");
        Assert.Equal(steps, report.GetProperty("steps").GetInt32());
        Assert.Equal(Sequential(steps, FewDigits.Data), report.GetProperty("weightsSha256").GetString());
        var bits = report.GetProperty("vectorBits").GetInt32();
        Assert.True(mostBits == 0 ? bits <= 128 : bits <= mostBits, $"{disabled}=0 left {bits}-bit vectors");
    }

    [Fact]
    public void This_machines_own_width_is_the_widest_it_has()
    {
        using var program = new TestProgram();
        var expected = System.Runtime.Intrinsics.Vector512.IsHardwareAccelerated ? 512
            : System.Runtime.Intrinsics.Vector256.IsHardwareAccelerated ? 256 : 128;
        Assert.Equal(expected, program.Report([], "--max-steps", "1").GetProperty("vectorBits").GetInt32());
    }

    [Fact]
    public void MKL_gives_its_own_bits_for_any_number_of_shards()
    {
        if (!HasMkl()) Assert.Skip("MKL is not installed; on Debian: component non-free, apt-get install libmkl-rt");
        using var program = new TestProgram();
        string Mkl(string shards) => program.Weights([], "--kernel", "mkl", "--max-steps", "200", "--shards", shards);
        var one = Mkl("1");
        Assert.Equal(one, Mkl("2"));
        Assert.Equal(one, Mkl("3"));
    }

    // What Trainer.Train, the sequential meaning of a run, ends with.
    private static string Sequential(int steps, Dataset data) =>
        Trainer.Train(new Recipe { Epochs = 20, MaxSteps = steps }, data).State.Parameters.Sha256();

    private static bool HasMkl()
    {
        try
        {
            Kernels.MatMuls.Create("mkl");
            return true;
        }
        catch (Kernels.KernelUnavailableException)
        {
            return false;
        }
    }
}
