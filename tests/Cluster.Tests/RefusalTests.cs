using ActorTrain.Core.Tests.Support;
using ActorTrain.Kernels;

namespace ActorTrain.Cluster.Tests;

/// <summary>Who can not compute what the others compute takes no part, and both sides say why.</summary>
public class RefusalTests
{
    [Fact]
    public async Task A_worker_with_other_data_is_refused_by_both_sides_and_ends_and_so_does_one_with_a_damaged_file()
    {
        using var cluster = new TestCluster();
        var server = cluster.Train(workers: 1, shards: 1);
        SmallRun.CopyTo(cluster.In("other"));
        TrainOnTest(cluster.In("other"));
        SmallRun.CopyTo(cluster.In("damaged"));
        using (var images = File.OpenWrite(cluster.In("damaged", "train-images-idx3-ubyte.gz")))
            images.SetLength(images.Length / 2);
        var other = cluster.Start("other", "", Worker(cluster, "other"));
        var damaged = cluster.Start("damaged", "", Worker(cluster, "damaged"));

        var refused = await cluster.Line(server, "node other refused: ");
        Assert.StartsWith(
            "node other refused: its dataset 'other' has SHA-256 ", refused.Text, StringComparison.Ordinal);
        Assert.EndsWith("give the node the same data (--data), undamaged.", refused.Text, StringComparison.Ordinal);
        Assert.Equal(1, (await other.End()).ExitCode);
        await cluster.Line(other, "node other is refused: its dataset 'other' has SHA-256 ");
        Assert.Equal(1, (await damaged.End()).ExitCode);
        Assert.Contains("train-images-idx3-ubyte.gz", damaged.Log, StringComparison.Ordinal);

        cluster.Worker("good");
        await cluster.Epochs([server], 2);
        await cluster.StopWithTheRightBits(server);
    }

    [Fact]
    public async Task A_stand_by_with_other_data_takes_no_part_and_both_sides_say_why()
    {
        using var cluster = new TestCluster(servers: 2);
        SmallRun.CopyTo(cluster.In("other"));
        TrainOnTest(cluster.In("other"));
        var leader = cluster.Server(0, workers: 1);
        cluster.Worker("a");
        await cluster.Epochs([leader], 1);
        var other = cluster.Server(1, workers: 1, ["--data", "other"]);
        await cluster.Line(leader, "stand-by s2 keeps no checkpoints: its dataset 'other' has SHA-256 ");
        Assert.Equal(1, (await other.End()).ExitCode);
        await cluster.Line(other, "node s2 is refused: its dataset 'other' has SHA-256 ");
        await cluster.Epochs([leader], 2);
        cluster.AssertTheRightBits();
        cluster.AssertPlainWords();
    }

    [Fact]
    public async Task A_worker_without_the_runs_kernel_is_refused()
    {
        using var cluster = new TestCluster();
        var server = cluster.Train(workers: 1, shards: 1);
        await using var node = await OwnNode.Start(
            cluster, "poor",
            name => throw new KernelUnavailableException(name, "it is not here", "take another machine"));
        var refused = await cluster.Line(server, "node poor refused: ");
        Assert.Equal("node poor refused: this run's kernel is managed, the node has none; install managed there, or "
            + "train with --kernel managed, which every machine has.", refused.Text);
        Assert.Equal("node poor is " + refused.Text["node poor ".Length..], (await node.Refusal()));
        cluster.Worker("good");
        await cluster.Epochs([server], 1);
        await cluster.StopWithTheRightBits(server);
    }

    [Fact]
    public async Task A_second_worker_of_the_same_name_is_refused_while_the_first_is_there_and_not_when_it_is_gone()
    {
        using var cluster = new TestCluster();
        var server = cluster.Train(workers: 1, shards: 1);
        var first = cluster.Worker("a");
        await cluster.Line(server, "node a joined at step ");
        var second = cluster.Worker("a");
        var refused = await cluster.Line(server, "node a refused: ");
        TestCluster.AssertMatches(
            "^node a refused: another node of this name takes part, at 127.0.0.1:[0-9]+; "
            + "give each node a name of its own \\(--name\\)\\.$",
            refused);
        Assert.Equal(1, (await second.End()).ExitCode);
        await cluster.Line(second, "node a is " + refused.Text["node a ".Length..]);
        await cluster.Epochs([server], 1);
        Assert.DoesNotContain(server.Lines, l => l.Text.StartsWith("node a lost", StringComparison.Ordinal));

        var killed = NodeProcess.Now;
        first.Kill();
        var third = cluster.Worker("a");
        await cluster.Line(server, "node a joined at step ", killed);
        await cluster.StopWithTheRightBits(server);
        await cluster.Line(third, "the run was stopped: weights ");
    }

    [Fact]
    public async Task A_worker_whose_computation_throws_is_dismissed_and_the_others_finish_with_the_right_bits()
    {
        using var cluster = new TestCluster();
        var server = cluster.Train(workers: 2, shards: 0);
        cluster.Worker("good");
        await using var node = await OwnNode.Start(cluster, "bad", _ => new ThrowingKernel(call => call > 1000));
        var lost = await cluster.Line(server, "node bad lost at step ");
        TestCluster.AssertLost("bad", "it failed 5 times, the last time with .*thrown by the test", lost);
        Assert.StartsWith(
            "node bad is refused: it failed 5 times, the last time with ", await node.Refusal(),
            StringComparison.Ordinal);
        await cluster.Line(server, "epoch ", lost.At);
        await cluster.Epochs([server], 1);
        await cluster.StopWithTheRightBits(server);
    }

    private static string[] Worker(TestCluster cluster, string data) =>
        ["node", "--role", "worker", "--data", data, "--name", data, "--shards", "1", "--seed-node", cluster.Seeds];

    // Valid in itself.
    private static void TrainOnTest(string folder)
    {
        foreach (var file in new[] { "images-idx3-ubyte.gz", "labels-idx1-ubyte.gz" })
            File.Copy(Path.Combine(folder, $"t10k-{file}"), Path.Combine(folder, $"train-{file}"), overwrite: true);
    }
}
