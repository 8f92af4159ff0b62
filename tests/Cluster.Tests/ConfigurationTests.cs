using ActorTrain.Architecture.Tests;

namespace ActorTrain.Cluster.Tests;

/// <summary>
/// Processes start from the ready files of <c>configs/cluster</c>; only ports, folders and a smaller run are the
/// test's.
/// </summary>
public class ConfigurationTests
{
    private static readonly string Configs = Repository.In("configs", "cluster");

    [Fact]
    public async Task One_server_and_two_workers_of_their_ready_files_finish_a_run()
    {
        using var cluster = new TestCluster();
        var server = Server(cluster, "server.json", 0);
        cluster.Start("w1", "", Worker(cluster, "worker.json", "w1"));
        cluster.Start("w2", "", Worker(cluster, "worker.json", "w2"));
        await AssertFinishes(cluster, [server]);
    }

    [Fact]
    public async Task An_aggregator_of_the_ready_file_with_two_members_and_a_worker_finish_a_run()
    {
        using var cluster = new TestCluster();
        var server = Server(cluster, "server.json", 0);
        var aggregator = cluster.Start(
            "sum", "",
            [
                "node", "--role", "aggregator", "--config", Path.Combine(Configs, "aggregator.json"), "--data",
                SmallRun.Folder, "--seed-node", cluster.Seeds,
            ]);
        foreach (var name in new[] { "m1", "m2" })
            cluster.Start(name, "", [.. Worker(cluster, "worker.json", name), "--through", "aggregator"]);
        cluster.Start("w1", "", Worker(cluster, "worker.json", "w1"));
        await AssertFinishes(cluster, [server]);
        foreach (var name in new[] { "m1", "m2" }) await cluster.Line(aggregator, $"node {name} joined at step 0");
    }

    [Fact]
    public async Task Three_servers_of_the_ready_file_and_two_workers_finish_a_run()
    {
        using var cluster = new TestCluster(servers: 3);
        var servers = Enumerable.Range(0, 3).Select(i => Server(cluster, "three-servers.json", i)).ToList();
        // The run is over a second after it has its workers: a server that comes then finds none, and begins one.
        await cluster.Line(servers, "stand-by s2 keeps checkpoints");
        await cluster.Line(servers, "stand-by s3 keeps checkpoints");
        cluster.Worker("w1");
        cluster.Worker("w2");
        await AssertFinishes(cluster, servers);
    }

    [Fact]
    public async Task A_server_two_holders_of_ranges_and_two_workers_of_their_ready_files_finish_a_run()
    {
        using var cluster = new TestCluster();
        var server = Server(cluster, "split-server.json", 0);
        foreach (var name in new[] { "p1", "p2" })
            cluster.Start(
                name, "",
                "node", "--role", "ps", "--config", Path.Combine(Configs, "ps.json"), "--name", name,
                "--seed-node", cluster.Seeds);
        foreach (var name in new[] { "w1", "w2" }) cluster.Start(name, "", Worker(cluster, "worker.json", name));
        await AssertFinishes(cluster, [server]);
    }

    [Fact]
    public async Task A_worker_of_the_ready_file_with_certificates_takes_part()
    {
        using var cluster = new TestCluster();
        var certs = cluster.Start("certs", "", "certs", "--out", "certs", "--host", "127.0.0.1");
        Assert.Equal(0, (await certs.End()).ExitCode);
        string[] own = ["--tls-certificate", "certs/127.0.0.1.pem", "--tls-key", "certs/127.0.0.1-key.pem"];
        var server = cluster.Train(1, 0, ["--epochs", "2", "--tls-authority", "certs/ca.pem", .. own]);
        cluster.Start("w1", "", [.. Worker(cluster, "tls.json", "w1"), "--host", "127.0.0.1", .. own]);
        await AssertFinishes(cluster, [server]);
    }

    private static NodeProcess Server(TestCluster cluster, string file, int index) => cluster.Start(
        $"s{index + 1}", "",
        [
            "node", "--role", "server", "--config", Path.Combine(Configs, file),
            .. SmallRun.Options(
                ["--name", $"s{index + 1}", "--out", $"s{index + 1}", "--seed-node", cluster.Seeds],
                ["--port", Port(cluster, index), "--epochs", "2"]),
        ]);

    private static string[] Worker(TestCluster cluster, string file, string name) =>
    [
        "node", "--role", "worker", "--config", Path.Combine(Configs, file), "--data", SmallRun.Folder,
        "--name", name, "--seed-node", cluster.Seeds,
    ];

    private static async Task AssertFinishes(TestCluster cluster, IReadOnlyList<NodeProcess> servers)
    {
        foreach (var server in servers)
        {
            var (exitCode, error) = await server.End();
            Assert.True(exitCode == 0, error + cluster.Log);
        }
        Assert.True(cluster.EpochsDone().SequenceEqual([1, 2]), cluster.Log);
        cluster.AssertTheRightBits();
        cluster.AssertPlainWords();
    }

    private static string Port(TestCluster cluster, int index) =>
        cluster.Seeds.Split(',')[index].Split(':')[1];
}
