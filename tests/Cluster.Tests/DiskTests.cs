using System.Diagnostics;
using System.Globalization;

namespace ActorTrain.Cluster.Tests;

/// <summary>A disk that takes no checkpoint.</summary>
public class DiskTests
{
    [Fact]
    public async Task A_run_whose_checkpoints_find_no_room_says_so_and_goes_on_and_has_the_right_bits_when_there_is_room_again()
    {
        using var cluster = new TestCluster();
        // The JIT's doubly mapped memory is a file too, which the limit would hold for.
        var server = cluster.Start("server", "export DOTNET_EnableWriteXorExecute=0; trap '' XFSZ; exec",
            ["train", .. SmallRun.Options(["--nodes", "1", "--shards", "1", "--port", cluster.Seeds.Split(':')[1], "--out", "run"], [])]);
        cluster.Worker("a");
        await cluster.Epochs([server], 2);
        Limit(server, "40000");
        var full = await cluster.Line(server, "no checkpoint: ");
        Assert.Contains("not written, the file there before is unchanged", full.Text, StringComparison.Ordinal);
        var time = full.At;
        for (var i = 0; i < 3; i++) time = (await cluster.Line(server, "epoch ", time)).At;
        Limit(server, "unlimited");
        await cluster.Epochs([server], 2);
        await cluster.StopWithTheRightBits(server);
    }

    // The largest file that the process may write, in bytes.
    private static void Limit(NodeProcess node, string bytes)
    {
        using var limit = Process.Start("prlimit", ["--pid", node.Id.ToString(CultureInfo.InvariantCulture), $"--fsize={bytes}:"]);
        limit.WaitForExit();
        Assert.Equal(0, limit.ExitCode);
    }
}
