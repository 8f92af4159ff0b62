using Akka.Configuration;

namespace ActorTrain.Actors.Tests.Cluster;

public class ClusterSettingsTests
{
    private static readonly ClusterSettings Valid = new() { Name = "a" };

    [Fact]
    public void The_defaults_are_valid_and_stay_on_this_machine()
    {
        Assert.Empty(new ClusterSettings().Errors());
        Assert.Equal("127.0.0.1", new ClusterSettings().Host);
    }

    [Fact]
    public void All_mistakes_are_told_at_once()
    {
        var settings = new ClusterSettings
        {
            Host = "a b",
            PublicHost = "0.0.0.0",
            Port = -1,
            BulkPort = 70000,
            SeedNodes = ["here", "::1:4000", "a:0"],
            Roles = ["boss"],
            Transport = (BulkTransport)7,
            Name = " ",
            CheckpointSteps = 1,
            HeartbeatInterval = TimeSpan.FromSeconds(3),
            StableAfter = TimeSpan.Zero,
            RemovalMargin = TimeSpan.Zero,
            JoinTimeout = TimeSpan.Zero,
        };
        Assert.Equal(
            [
                "host is 'a b'; give a host name or an IP address of this machine.",
                "public-host is '0.0.0.0'; give the host name or IP address that other nodes reach this one by.",
                "port is -1; give 0 (any) to 65535.",
                "bulk-port is 70000; give 0 (any) to 65535.",
                "seed-node is 'here'; give HOST:PORT, with a port of 1 to 65535.",
                "seed-node is '::1:4000'; give HOST:PORT, with a port of 1 to 65535.",
                "seed-node is 'a:0'; give HOST:PORT, with a port of 1 to 65535.",
                "role is 'boss'; give server, worker, aggregator or ps.",
                "transport is 7; give tcp or akka.",
                "name is ' '; give 1 to 200 bytes.",
                "checkpoint-steps is 1; give 2 or more.",
                "acceptable-pause is 2 s; give 0.1 s to 600 s, and no less than heartbeat-interval.",
                "stable-after is 0 s; give 0.5 s to 600 s.",
                "removal-margin is 0 s; give 0.1 s to 600 s.",
                "join-timeout is 0 s; give 1 s to 86400 s, or none.",
                "public-host is '0.0.0.0' and there is no TLS; give tls-certificate, tls-key and tls-authority.",
            ],
            settings.Errors());
    }

    [Theory]
    [InlineData("10.0.0.1", null, 4053, true)]
    [InlineData("::1", "10.0.0.1", 4053, true)]
    [InlineData("10.0.0.1", null, 4054, false)]
    [InlineData("10.0.0.2", null, 4053, false)]
    public void Only_the_first_seed_node_waits_for_ever_for_the_others_and_only_if_it_must_not_form_a_cluster_alone(
        string host, string? publicHost, int port, bool isFirst)
    {
        var settings = Valid with
        {
            Host = host,
            PublicHost = publicHost,
            Port = port,
            SeedNodes = ["10.0.0.1:4053", "10.0.0.2:4053"],
        };
        Assert.Equal(isFirst, settings.IsFirstSeed);
        Assert.Equal(isFirst ? 5 : 1.5, SeedNodeTimeout(settings));
        Assert.Equal(
            isFirst ? TimeSpan.FromDays(365).TotalSeconds : 1.5,
            SeedNodeTimeout(settings with { FormsClusterAlone = false }));

        static double SeedNodeTimeout(ClusterSettings settings) =>
            ConfigurationFactory.ParseString(ClusterHocon.Of(settings))
                .GetTimeSpan("akka.cluster.seed-node-timeout").TotalSeconds;
    }

    [Theory, InlineData(ClusterSettings.ServerRole, 2), InlineData(ClusterSettings.WorkerRole, 6)]
    public void A_busy_node_that_is_no_server_is_slower_to_find_one_unreachable(string role, int seconds) =>
        Assert.Equal(
            TimeSpan.FromSeconds(seconds),
            ConfigurationFactory.ParseString(ClusterHocon.Of(Valid with { Roles = [role] }))
                .GetTimeSpan("akka.cluster.failure-detector.acceptable-heartbeat-pause"));

    [Theory]
    [InlineData("127.0.0.1", true)]
    [InlineData("127.1.2.3", true)]
    [InlineData("::1", true)]
    [InlineData("localhost", true)]
    [InlineData("10.0.0.1", false)]
    [InlineData("node-1.example", false)]
    public void Only_loopback_needs_no_TLS(string host, bool isValid)
    {
        Assert.Equal(isValid, !(Valid with { Host = host }).Errors().Any());
        Assert.Empty((Valid with { Host = host, Tls = new("node.pem", "node.key", "ca.pem") }).Errors());
    }

    [Theory, InlineData("0.0.0.0"), InlineData("::")]
    public void To_listen_on_every_address_is_refused(string host) => Assert.Equal(
        [$"host is '{host}', every address of this machine; name one.", $"host is '{host}' and there is no TLS; "
            + "give tls-certificate, tls-key and tls-authority, or a loopback address."],
        (Valid with { Host = host }).Errors());

    [Fact]
    public void A_worker_needs_a_seed_node()
    {
        Assert.Equal(
            ["seed-node is not given; a node without the role server needs one to join."],
            (Valid with { Roles = ["worker"] }).Errors());
        Assert.Empty((Valid with { Roles = ["worker"], SeedNodes = ["127.0.0.1:4000"] }).Errors());
    }

    [Fact]
    public void Split_parameters_have_bounds_and_a_connection_of_their_own()
    {
        Assert.Empty((Valid with { ParameterServers = 64 }).Errors());
        Assert.Equal(
            ["parameter-servers is 65; give 0 to 64."], (Valid with { ParameterServers = 65 }).Errors());
        Assert.Equal(
            ["transport is akka where parameters are split; give tcp."],
            (Valid with { ParameterServers = 1, Transport = BulkTransport.Akka }).Errors());
        var holder = Valid with { Roles = ["ps"], SeedNodes = ["127.0.0.1:4000"] };
        Assert.Empty(holder.Errors());
        Assert.Equal(
            ["transport is akka where parameters are split; give tcp."],
            (holder with { Transport = BulkTransport.Akka }).Errors());
        Assert.Equal(
            ["roles are ps and worker; give ps alone."], (holder with { Roles = ["ps", "worker"] }).Errors());
    }

    [Theory]
    [InlineData("worker", "", "through is ''; give the name of an aggregator, or leave it out.")]
    [InlineData(
        "worker", "a", "through is 'a', this node's own name; give that of an aggregator, or leave it out.")]
    [InlineData("server", "b",
        "through is 'b' and role is server; only a worker takes part through an aggregator.")]
    [InlineData("aggregator", "b",
        "through is 'b' and role is aggregator; only a worker takes part through an aggregator.")]
    [InlineData("aggregator worker", null, "roles are aggregator and worker; give aggregator alone.")]
    public void A_way_that_can_not_be_is_refused(string roles, string? through, string error) => Assert.Equal(
        [error],
        (Valid with { Roles = [.. roles.Split(' ')], Through = through, SeedNodes = ["a:1"] }).Errors());

    [Theory, InlineData("rack-1"), InlineData("\"},\n]"), InlineData("größer als 2")]
    public void An_aggregators_name_is_one_of_its_roles_and_it_alone_can_be_said_hello_to(string name)
    {
        var settings = Valid with { Name = name, Roles = ["aggregator"], SeedNodes = ["a:1"] };
        var config = ConfigurationFactory.ParseString(ClusterHocon.Of(settings));
        Assert.Equal(["aggregator", AggregatorRole.Of(name)], config.GetStringList("akka.cluster.roles"));
        Assert.Equal(
            [null, name], config.GetStringList("akka.cluster.roles").Select(AggregatorRole.NameOf));
        Assert.Equal(
            ClusterHocon.TrustedPaths.Append("/user/worker"),
            config.GetStringList("akka.remote.trusted-selection-paths"));
        Assert.Equal(
            ClusterHocon.TrustedPaths,
            ConfigurationFactory.ParseString(ClusterHocon.Of(settings with { Roles = ["worker"] }))
                .GetStringList("akka.remote.trusted-selection-paths"));
    }

    [Theory]
    [InlineData("127.0.0.1:4000", "127.0.0.1", 4000)]
    [InlineData("node-1:65535", "node-1", 65535)]
    [InlineData("[::1]:4000", "[::1]", 4000)]
    public void A_seed_node_is_a_host_and_a_port(string text, string host, int port)
    {
        Assert.True(SeedNode.TryParse(text, out var seed));
        Assert.Equal(new SeedNode(host, port), seed);
    }

    [Theory]
    [InlineData(""), InlineData(":4000"), InlineData("a"), InlineData("a:"), InlineData("a:+1"), InlineData("a:65536")]
    [InlineData("a\":1")]
    public void Anything_else_is_no_seed_node(string text) => Assert.False(SeedNode.TryParse(text, out _));

    [Fact]
    public void The_configuration_says_what_the_settings_say()
    {
        var config = ConfigurationFactory.ParseString(ClusterHocon.Of(Valid with
        {
            Host = "10.0.0.1",
            PublicHost = "node-1.example",
            Port = 4000,
            SeedNodes = ["10.0.0.1:4000", "10.0.0.2:4000"],
            Roles = ["server", "worker"],
            Tls = new("node.pem", "node.key", "ca.pem"),
            JoinTimeout = TimeSpan.FromSeconds(30),
        }));
        Assert.Equal(
            ["akka.ssl.tcp://actortrain@10.0.0.1:4000", "akka.ssl.tcp://actortrain@10.0.0.2:4000"],
            config.GetStringList("akka.cluster.seed-nodes"));
        Assert.Equal(["server", "worker"], config.GetStringList("akka.cluster.roles"));
        var tcp = config.GetConfig("akka.remote.dot-netty.tcp");
        Assert.Equal(
            ("10.0.0.1", "node-1.example", 4000, true),
            (tcp.GetString("hostname"), tcp.GetString("public-hostname"), tcp.GetInt("port"),
                tcp.GetBoolean("enable-ssl")));
        Assert.Equal(
            TimeSpan.FromSeconds(30), config.GetTimeSpan("akka.cluster.shutdown-after-unsuccessful-join-seed-nodes"));
        Assert.Equal(TimeSpan.FromSeconds(0.5), config.GetTimeSpan("akka.cluster.failure-detector.heartbeat-interval"));
        Assert.Equal(TimeSpan.FromSeconds(4), config.GetTimeSpan("akka.cluster.split-brain-resolver.stable-after"));
    }

    [Fact]
    public void Without_TLS_seed_nodes_are_plain() => Assert.Equal(
        "akka.tcp://actortrain@127.0.0.1:4000", ClusterHocon.AddressOf(Valid, "127.0.0.1:4000"));
}
