using System.Diagnostics;
using System.Globalization;

namespace ActorTrain.Cluster.Tests;

/// <summary>A disk that takes no checkpoint.</summary>
public class DiskTests
{
    // The JIT's doubly mapped memory is a file too, which the limit would hold for.
    private const string Limitable = "export DOTNET_EnableWriteXorExecute=0; trap '' XFSZ; exec";

    [Fact]
    public async Task A_run_whose_checkpoints_find_no_room_says_so_and_has_the_right_bits_when_there_is_room_again()
    {
        using var cluster = new TestCluster();
        var server = cluster.Start("server", Limitable,
            ["train", .. SmallRun.Options(
                ["--nodes", "1", "--shards", "1", "--port", cluster.Seeds.Split(':')[1], "--out", "run"], [])]);
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

    [Fact]
    public async Task A_stand_by_whose_disk_is_full_says_so_once_and_keeps_checkpoints_again_when_there_is_room()
    {
        using var cluster = new TestCluster(servers: 2);
        var leader = cluster.Server(0, workers: 1);
        var standby = cluster.Server(1, workers: 1, shell: Limitable);
        cluster.Worker("a");
        await cluster.Line(leader, "stand-by s2 keeps checkpoints");
        await cluster.Epochs([leader], 1);
        Limit(standby, "40000");
        var full = await cluster.Line(leader, "stand-by s2 keeps no checkpoints: ");
        await cluster.Line(standby, "keeps no checkpoints: ");
        await cluster.Epochs([leader], 5);
        Limit(standby, "unlimited");
        await cluster.Line(leader, "stand-by s2 keeps checkpoints", full.At);
        await cluster.Line(standby, "keeps checkpoints again");
        await cluster.Epochs([leader], 2);
        foreach (var node in new[] { leader, standby })
            Assert.Single(node.Lines, l => l.Text.Contains("keeps no checkpoints: ", StringComparison.Ordinal));
        Assert.DoesNotContain(leader.Lines, l => l.Text.StartsWith("stand-by s2 lost", StringComparison.Ordinal));
        cluster.AssertTheRightBits();
        cluster.AssertPlainWords();
    }

    // The largest file that the process may write, in bytes.
    private static void Limit(NodeProcess node, string bytes)
    {
        using var limit = Process.Start(
            "prlimit", ["--pid", node.Id.ToString(CultureInfo.InvariantCulture), $"--fsize={bytes}:"]);
        limit.WaitForExit();
        Assert.Equal(0, limit.ExitCode);
    }
}
