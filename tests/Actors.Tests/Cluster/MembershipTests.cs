using System.Diagnostics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Akka.Remote;
using Akka.Remote.Transport.DotNetty;

namespace ActorTrain.Actors.Tests.Cluster;

[Collection(ClusterCollection.Name)]
public class MembershipTests(ITestOutputHelper output)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Two_nodes_form_a_cluster()
    {
        var watch = Stopwatch.StartNew();
        await using var server = await TestNode.Server();
        await using var worker = await TestNode.Worker(server.Address);
        await worker.SeesUp(2);
        output.WriteLine($"two nodes are up after {watch.Elapsed.TotalSeconds:0.0} s");
        await server.SeesUp(2);
    }

    [Fact]
    public async Task The_server_answers_through_the_proxy_and_moves_when_its_node_leaves()
    {
        await using var first = await TestNode.Server();
        await using var second = await TestNode.Server(first.Address);
        await using var worker = await TestNode.Worker(first.Address);
        await worker.SeesUp(3);
        Assert.Equal(first.Address, await worker.ServerAddress());
        Assert.Equal(first.Address, await second.ServerAddress());
        var address = second.Address;
        var watch = Stopwatch.StartNew();
        await first.Stop();
        Assert.Equal(ClusterEndReason.Stopped, await first.End.Completion.WaitAsync(Ct));
        Assert.Equal(address, await worker.ServerAddress());
        output.WriteLine($"the server has moved {watch.Elapsed.TotalSeconds:0.0} s after the stop");
    }

    [Fact]
    public async Task The_server_moves_when_its_node_dies()
    {
        await using var first = await TestNode.Server();
        await using var second = await TestNode.Server(first.Address);
        await second.SeesUp(2);
        await using var third = await TestNode.Server(first.Address);
        await third.SeesUp(3);
        Assert.Equal(first.Address, await third.ServerAddress());
        var watch = Stopwatch.StartNew();
        first.Abort();
        string moved;
        do moved = await third.ServerAddress();
        while (moved == first.Address);
        output.WriteLine($"the server has moved {watch.Elapsed.TotalSeconds:0.0} s after the death");
        Assert.Equal(second.Address, moved);
    }

    [Fact]
    public async Task A_TLS_setup_plugs_in_and_plain_nodes_stay_outside()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=node", key, HashAlgorithmName.SHA256);
        var now = DateTimeOffset.UtcNow;
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        var tls = new DotNettySslSetup(
            certificate, suppressValidation: false, requireMutualAuthentication: true,
            validateCertificateHostname: false,
            customValidator: (other, _, _, _, _) => other?.Thumbprint == certificate.Thumbprint);
        var settings = new ClusterSettings { Tls = new("node.pem", "node.key", "ca.pem") };
        await using var server = await TestNode.Start(settings, _ => { }, tls);
        settings = settings with { Roles = [ClusterSettings.WorkerRole], SeedNodes = [server.Address] };
        await using var worker = await TestNode.Start(settings, _ => { }, tls);
        await worker.SeesUp(2);
        Assert.Equal("akka.ssl.tcp", worker.Cluster.SelfAddress.Protocol);
        settings = settings with { Tls = null, JoinTimeout = TimeSpan.FromSeconds(3) };
        await using var plain = await TestNode.Start(settings, _ => { });
        Assert.Equal(ClusterEndReason.JoinFailed, await plain.End.Completion.WaitAsync(Ct));
        Assert.NotEmpty(server.Log);
        // One line for each attempt.
        Assert.All(server.Log, line => Assert.Contains("due to TLS handshake failure", line, StringComparison.Ordinal));
        Assert.Equal(2, server.Cluster.State.Members.Count);
    }

    [Fact]
    public async Task A_node_that_the_others_removed_learns_it_and_may_come_back()
    {
        await using var server = await TestNode.Server();
        string address;
        await using (var worker = await TestNode.Worker(server.Address))
        {
            await worker.SeesUp(2);
            address = worker.Address;
            server.Cluster.Down(worker.Cluster.SelfAddress);
            Assert.Equal(ClusterEndReason.Downed, await worker.End.Completion.WaitAsync(Ct));
        }
        var settings = new ClusterSettings
        {
            Roles = [ClusterSettings.WorkerRole],
            Port = int.Parse(address.Split(':')[1]),
            SeedNodes = [server.Address],
        };
        await using var again = await TestNode.Start(settings, _ => { });
        await again.SeesUp(2);
        Assert.DoesNotContain(server.Log, line => line.Contains("   at ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_node_that_leaves_on_purpose_has_left()
    {
        await using var server = await TestNode.Server();
        await using var worker = await TestNode.Worker(server.Address);
        await worker.SeesUp(2);
        worker.Cluster.Leave(worker.Cluster.SelfAddress);
        Assert.Equal(ClusterEndReason.Left, await worker.End.Completion.WaitAsync(Ct));
    }

    [Fact]
    public async Task A_node_that_another_one_quarantined_stops_and_says_so()
    {
        await using var server = await TestNode.Server();
        await server.SeesUp(1);
        var other = server.Cluster.SelfAddress.WithPort(1);
        server.System.EventStream.Publish(new ThisActorSystemQuarantinedEvent(server.Cluster.SelfAddress, other));
        Assert.Equal(ClusterEndReason.Quarantined, await server.End.Completion.WaitAsync(Ct));
        await server.LogsOnce($"{other} takes no more messages of this node");
    }

    [Fact]
    public async Task A_node_that_nobody_lets_in_gives_up_after_its_join_timeout()
    {
        var settings = new ClusterSettings
        {
            Roles = [ClusterSettings.WorkerRole],
            SeedNodes = ["127.0.0.1:1"],
            JoinTimeout = TimeSpan.FromSeconds(1),
        };
        await using var worker = await TestNode.Start(settings, _ => { });
        Assert.Equal(ClusterEndReason.JoinFailed, await worker.End.Completion.WaitAsync(Ct));
        await worker.LogsOnce("127.0.0.1:1]. Address is now gated");
    }

    [Fact]
    public async Task Invalid_settings_and_a_missing_TLS_setup_are_told_at_the_start()
    {
        var invalid = await Assert.ThrowsAsync<ArgumentException>(
            () => TestNode.Start(new() { Port = -1, CheckpointSteps = 0 }, _ => { }));
        Assert.Contains("port is -1", invalid.Message, StringComparison.Ordinal);
        Assert.Contains("checkpoint-steps is 0", invalid.Message, StringComparison.Ordinal);
        var tls = new ClusterSettings { Tls = new("node.pem", "node.key", "ca.pem") };
        var missing = await Assert.ThrowsAsync<ArgumentException>(() => TestNode.Start(tls, _ => { }));
        Assert.Contains("TLS", missing.Message, StringComparison.Ordinal);
    }
}
