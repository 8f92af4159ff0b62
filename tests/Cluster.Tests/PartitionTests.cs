using System.Globalization;

namespace ActorTrain.Cluster.Tests;

/// <summary>A network that falls apart, with TLS, as beyond one machine.</summary>
public class PartitionTests
{
    private const int Port = 4053;
    private const int Worker = 4;

    // Far longer than a first seed node waits for the others before it forms a cluster by itself.
    private static readonly TimeSpan Cut = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_server_that_is_cut_off_with_a_minority_stops_itself_and_the_majority_goes_on_and_takes_it_back()
    {
        var (network, reason) = PrivateNetwork.TryCreate(places: 4);
        if (network is null) Assert.Skip($"needs root and iproute2 for network namespaces: {reason}");
        using var all = network;
        using var cluster = new TestCluster();
        var hosts = Enumerable.Range(1, 4).SelectMany(place => new[] { "--host", PrivateNetwork.AddressOf(place) });
        Assert.Equal(0, (await cluster.Start("certs", "", ["certs", "--out", "certs", .. hosts]).End()).ExitCode);
        NodeProcess[] servers = [.. Enumerable.Range(1, 3).Select(place => StartAt(cluster, place, "server",
            [.. SmallRun.Options(["--shards", "1", "--nodes", "1", "--out", $"s{place}"], [])]))];
        StartAt(cluster, Worker, "worker", "--data", SmallRun.Folder, "--shards", "1");
        var (leader, others) = await cluster.WithStandbys(servers);

        var place = Array.IndexOf(servers, leader) + 1;
        var cut = NodeProcess.Now;
        PrivateNetwork.Pull(place);
        var next = await cluster.Line(others, "epoch ", cut);
        var stopped = await cluster.Line(
            leader, "this node was cut off from the majority of the servers and has stopped", cut);
        var joined = await cluster.Line(others, $"node w{Worker} joined at step ", cut);
        Measured.Tell(
            "the server was cut off", ("it stopped itself", stopped.At - cut),
            ("the next epoch of the others", next.At - cut), ("with the worker", joined.At - cut));
        // It is the first seed node, so it could form a cluster of its own.
        Assert.Same(servers[0], leader);
        while (NodeProcess.Now - cut < Cut) await cluster.Epochs(others, 1);
        Assert.DoesNotContain(leader.Lines, l => l.At > stopped.At && ServersLine(l.Text));

        var healed = NodeProcess.Now;
        PrivateNetwork.Plug(place);
        var back = await cluster.Line(others, $"stand-by {leader.Name} keeps checkpoints", healed);
        Measured.Tell("the network healed", ("it is a stand-by", back.At - healed));
        await cluster.Epochs(others, 2);
        Assert.DoesNotContain(leader.Lines, l => l.At > stopped.At && ServersLine(l.Text));
        cluster.AssertTheRightBits();
        cluster.AssertPlainWords();
    }

    // What only a server with a run writes.
    private static bool ServersLine(string text) =>
        text.StartsWith("epoch ", StringComparison.Ordinal) || text.Contains("begins the run", StringComparison.Ordinal)
        || text.Contains("goes on from step", StringComparison.Ordinal);

    private static NodeProcess StartAt(TestCluster cluster, int place, string role, params string[] options)
    {
        var address = PrivateNetwork.AddressOf(place);
        var seeds = Enumerable.Range(1, 3)
            .Select(p => string.Create(CultureInfo.InvariantCulture, $"{PrivateNetwork.AddressOf(p)}:{Port}"));
        return cluster.Start($"{role[0]}{place}", PrivateNetwork.At(place),
        [
            "node", "--role", role, .. options, "--name",
            $"{role[0]}{place}", "--host", address, "--port", $"{Port}", "--seed-node", string.Join(',', seeds),
            "--tls-authority",
            "certs/ca.pem", "--tls-certificate", $"certs/{address}.pem", "--tls-key", $"certs/{address}-key.pem",
        ]);
    }
}
