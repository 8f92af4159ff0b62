using System.Globalization;

namespace ActorTrain.Cluster.Tests;

/// <summary>A worker can compute for weeks.</summary>
[Collection(Undisturbed.Name)]
public class MemoryTests
{
    private const int Steps = 20_000;

    // 4 MB. By itself it is as large as the last-level cache, hundreds of MB on some processors: the memory of
    // a worker then grows to that before the first collection, and a leak would not show.
    private const string SmallFirstGeneration = "DOTNET_GCgen0size=400000 exec";

    [Fact]
    public async Task A_workers_memory_does_not_grow_over_20000_steps()
    {
        using var cluster = new TestCluster();
        var server = cluster.Train(workers: 1, shards: 0, "--batch-size", "32", "--hidden", "8");
        var worker = cluster.WorkerBy(SmallFirstGeneration, "a");
        // An epoch has 63 steps here; the first ones compile and fill what is used again.
        await cluster.Line(server, "epoch 30/");
        List<long> kilobytes = [];
        for (var epoch = 40; epoch <= 40 + (Steps / 63); epoch += 10)
        {
            await cluster.Line(server, string.Create(CultureInfo.InvariantCulture, $"epoch {epoch}/"));
            kilobytes.Add(ResidentKilobytes(worker));
        }
        var third = kilobytes.Count / 3;
        var (before, after) = (kilobytes.Take(third).Max(), kilobytes.TakeLast(third).Max());
        Measured.Tell($"a worker's memory over {Steps} steps: {before} KB at most in their first third, {after} KB in "
            + "their last");
        Assert.InRange(after, 0, before * 1.05);
    }

    [Fact]
    public async Task A_worker_allocates_less_than_4_KB_a_step()
    {
        using var cluster = new TestCluster();
        var server = cluster.Train(workers: 1, shards: 0, "--batch-size", "32", "--hidden", "128,64");
        await using var node = await OwnNode.Start(cluster, "a");
        await cluster.Line(server, "epoch 10/");
        var (from, before) = (cluster.EpochsDone().Max(), GC.GetTotalAllocatedBytes(precise: true));
        // Seldom, because this allocates too.
        for (var begun = NodeProcess.Now; server.Lines.Count < 100;)
        {
            Assert.True((NodeProcess.Now - begun).TotalSeconds < NodeProcess.Patience, cluster.Log);
            await Task.Delay(1000, TestContext.Current.CancellationToken);
        }
        var (after, to) = (GC.GetTotalAllocatedBytes(precise: true), cluster.EpochsDone().Max());
        var steps = (to - from) * 63;
        Measured.Tell(
            $"a worker allocates {(after - before) / steps} bytes a step, over {steps} steps with their evaluations");
        Assert.InRange((after - before) / steps, 0, 4096);
    }

    private static long ResidentKilobytes(NodeProcess node)
    {
        var line = File.ReadLines($"/proc/{node.Id}/status")
            .Single(l => l.StartsWith("VmRSS:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }
}
