using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using ActorTrain.Server;

namespace ActorTrain.Actors;

/// <summary>What carries weights and gradients between nodes.</summary>
public enum BulkTransport
{
    /// <summary>A connection of its own.</summary>
    Tcp,

    /// <summary>Akka.Remote: simple and slow, the reference that tests compare with.</summary>
    Akka,
}

/// <summary>Files in PEM that show who a node is and whom it trusts.</summary>
/// <param name="CertificateFile">The node's certificate.</param>
/// <param name="KeyFile">Its private key.</param>
/// <param name="AuthorityFile">The certificate of the authority that signed every node's.</param>
public sealed record TlsFiles(string CertificateFile, string KeyFile, string AuthorityFile);

/// <summary>How this process takes part in a cluster.</summary>
public sealed record ClusterSettings
{
    /// <summary>The role of nodes that may be the parameter server.</summary>
    public const string ServerRole = "server";

    /// <summary>The role of nodes that compute.</summary>
    public const string WorkerRole = "worker";

    /// <summary>The role of nodes that compute and sum what others compute through them.</summary>
    public const string AggregatorRole = "aggregator";

    /// <summary>The role of nodes that hold a range of the parameters each, where they are split.</summary>
    public const string HolderRole = "ps";

    /// <summary>
    /// Address to listen on: a name or an IP address of this machine. Default 127.0.0.1: this machine only.
    /// </summary>
    public string Host { get; init; } = "127.0.0.1";

    /// <summary>Port for Akka; 0 (default): any free one.</summary>
    public int Port { get; init; }

    /// <summary>What others call <see cref="Host"/>, where that differs (NAT, containers); none: the same.</summary>
    public string? PublicHost { get; init; }

    /// <summary>
    /// HOST:PORT of nodes to join by, the same list in the same order on every node. The first one can form the cluster
    /// alone. Empty: this node forms a cluster of its own.
    /// </summary>
    public ImmutableArray<string> SeedNodes { get; init; } = [];

    /// <summary>
    /// Whether the first seed node forms a cluster when no other one answers. Default true. False: only when all others
    /// answer and have none, so that a node that is cut off begins no second cluster beside that of the others.
    /// </summary>
    public bool FormsClusterAlone { get; init; } = true;

    /// <summary>
    /// <see cref="ServerRole"/>, <see cref="WorkerRole"/> or both; or <see cref="AggregatorRole"/> or
    /// <see cref="HolderRole"/> alone.
    /// </summary>
    public ImmutableArray<string> Roles { get; init; } = [ServerRole];

    /// <summary>
    /// Port for bulk connections; 0 (default): any free one. Servers, aggregators and holders of a range listen.
    /// </summary>
    public int BulkPort { get; init; }

    /// <summary>What carries bulk data. Default: a connection of its own.</summary>
    public BulkTransport Transport { get; init; }

    /// <summary>
    /// Whether nodes on one machine read weights and gradients from each other's memory, where the system lets them
    /// (Linux, the same user, no TLS), instead of sending them through the connection. Default true.
    /// </summary>
    public bool UsesSharedMemory { get; init; } = true;

    /// <summary>The node's name in logs. Default: the machine's and the process's.</summary>
    public string Name { get; init; } = $"{Environment.MachineName}-{Environment.ProcessId}";

    /// <summary>Name of the aggregator that a worker takes part through; none: it does so by itself.</summary>
    public string? Through { get; init; }

    /// <summary>Whether this node sums what others compute.</summary>
    public bool IsAggregator => Roles.Contains(AggregatorRole);

    /// <summary>Identity for TLS, with mutual authentication; none: no TLS, on loopback only.</summary>
    public TlsFiles? Tls { get; init; }

    /// <summary>
    /// Over how many nodes of role <see cref="HolderRole"/> a server splits the parameters; 0 (default): it holds them
    /// all itself.
    /// </summary>
    public int ParameterServers { get; init; }

    /// <summary>How many steps at most are computed again after a take-over, at least 2. Default 200.</summary>
    public int CheckpointSteps { get; init; } = 200;

    /// <summary>Between two heartbeats. Default 0.5 s.</summary>
    public TimeSpan HeartbeatInterval { get; init; } = TimeSpan.FromSeconds(0.5);

    /// <summary>
    /// How long heartbeats may stay away before a server finds a node unreachable; other nodes wait three times as
    /// long. Default 2 s.
    /// </summary>
    public TimeSpan AcceptablePause { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long reachability must not change before the unreachable side is downed. Default 4 s.</summary>
    public TimeSpan StableAfter { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>
    /// Between a removal and the next server. Short, because incarnations make two servers harmless. Default 1 s.
    /// </summary>
    public TimeSpan RemovalMargin { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a node tries to join before it gives up; none (default): for ever.</summary>
    public TimeSpan? JoinTimeout { get; init; }

    /// <summary>Whether others join by this node before all others.</summary>
    public bool IsFirstSeed => !SeedNodes.IsEmpty && SeedNode.TryParse(SeedNodes[0], out var first)
        && string.Equals(first.Host.Trim('[', ']'), PublicHost ?? Host, StringComparison.OrdinalIgnoreCase)
        && first.Port == Port;

    /// <summary>Empty when valid; else one sentence for each mistake, naming key, value and what is allowed.</summary>
    public IEnumerable<string> Errors()
    {
        if (!IsHost(Host)) yield return $"host is '{Host}'; give a host name or an IP address of this machine.";
        else if (IsWildcard(Host)) yield return $"host is '{Host}', every address of this machine; name one.";
        if (PublicHost is not null && (!IsHost(PublicHost) || IsWildcard(PublicHost)))
            yield return $"public-host is '{PublicHost}'; give the host name or IP address that other nodes reach "
                + "this one by.";
        if (Port is < 0 or > 65535) yield return $"port is {Port}; give 0 (any) to 65535.";
        if (BulkPort is < 0 or > 65535) yield return $"bulk-port is {BulkPort}; give 0 (any) to 65535.";
        if (Port != 0 && Port == BulkPort) yield return $"port and bulk-port are both {Port}; give two.";
        foreach (var seed in SeedNodes)
        {
            if (!SeedNode.TryParse(seed, out _))
                yield return $"seed-node is '{seed}'; give HOST:PORT, with a port of 1 to 65535.";
        }
        if (SeedNodes.IsEmpty && !Roles.Contains(ServerRole))
            yield return $"seed-node is not given; a node without the role {ServerRole} needs one to join.";
        if (Roles.IsEmpty) yield return $"roles is empty; give {ServerRole}, {WorkerRole} or {HolderRole}.";
        foreach (var role in Roles)
            if (role is not (ServerRole or WorkerRole or AggregatorRole or HolderRole))
                yield return
                    $"role is '{role}'; give {ServerRole}, {WorkerRole}, {AggregatorRole} or {HolderRole}.";
        if (Roles.Contains(HolderRole) && Roles.Length > 1)
            yield return $"roles are {string.Join(" and ", Roles)}; give {HolderRole} alone.";
        foreach (var error in ThroughErrors()) yield return error;
        foreach (var error in SplitErrors()) yield return error;
        if (!Enum.IsDefined(Transport)) yield return $"transport is {Transport}; give tcp or akka.";
        if (string.IsNullOrWhiteSpace(Name)
            || System.Text.Encoding.UTF8.GetByteCount(Name) > Protocol.WireLimits.MaxNameBytes)
            yield return $"name is '{Name}'; give 1 to {Protocol.WireLimits.MaxNameBytes} bytes.";
        if (CheckpointSteps < 2) yield return $"checkpoint-steps is {CheckpointSteps}; give 2 or more.";
        foreach (var error in TimingErrors()) yield return error;
        foreach (var error in TlsErrors()) yield return error;
    }

    /// <summary>True for an address that nobody but this machine can reach.</summary>
    public static bool IsLoopback(string host) =>
        string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(host, out var ip) && IPAddress.IsLoopback(ip));

    private IEnumerable<string> ThroughErrors()
    {
        if (IsAggregator && Roles.Length > 1)
            yield return $"roles are {string.Join(" and ", Roles)}; give {AggregatorRole} alone.";
        if (Through is null) yield break;
        if (string.IsNullOrWhiteSpace(Through))
            yield return $"through is '{Through}'; give the name of an aggregator, or leave it out.";
        else if (Through == Name)
            yield return $"through is '{Through}', this node's own name; give that of an aggregator, or leave it out.";
        else if (Roles is not [WorkerRole])
            yield return $"through is '{Through}' and role is {string.Join(" and ", Roles)}; only a {WorkerRole} takes "
                + "part through an aggregator.";
    }

    private IEnumerable<string> SplitErrors()
    {
        if (ParameterServers is < 0 or > ParameterRange.Most)
            yield return $"parameter-servers is {ParameterServers}; give 0 to {ParameterRange.Most}.";
        if (Transport == BulkTransport.Akka && (ParameterServers > 0 || Roles.Contains(HolderRole)))
            yield return "transport is akka where parameters are split; give tcp.";
    }

    private IEnumerable<string> TimingErrors()
    {
        if (!IsWithin(HeartbeatInterval, 0.05, 60))
            yield return $"heartbeat-interval is {Seconds(HeartbeatInterval)}; give 0.05 s to 60 s.";
        if (!IsWithin(AcceptablePause, 0.1, 600) || AcceptablePause < HeartbeatInterval)
            yield return $"acceptable-pause is {Seconds(AcceptablePause)}; give 0.1 s to 600 s, and no less than "
                + "heartbeat-interval.";
        if (!IsWithin(StableAfter, 0.5, 600))
            yield return $"stable-after is {Seconds(StableAfter)}; give 0.5 s to 600 s.";
        if (!IsWithin(RemovalMargin, 0.1, 600))
            yield return $"removal-margin is {Seconds(RemovalMargin)}; give 0.1 s to 600 s.";
        if (JoinTimeout is { } join && !IsWithin(join, 1, 86400))
            yield return $"join-timeout is {Seconds(join)}; give 1 s to 86400 s, or none.";
    }

    private IEnumerable<string> TlsErrors()
    {
        if (Tls is null)
        {
            if (IsHost(Host) && !IsLoopback(Host))
                yield return $"host is '{Host}' and there is no TLS; give tls-certificate, tls-key and tls-authority, "
                    + "or a loopback address.";
            else if (PublicHost is not null && !IsLoopback(PublicHost))
                yield return $"public-host is '{PublicHost}' and there is no TLS; give tls-certificate, tls-key and "
                    + "tls-authority.";
            yield break;
        }
        foreach (var (key, file) in new[]
        {
            ("tls-certificate", Tls.CertificateFile),
            ("tls-key", Tls.KeyFile),
            ("tls-authority", Tls.AuthorityFile),
        })
            if (string.IsNullOrWhiteSpace(file)) yield return $"{key} is empty; give a PEM file.";
    }

    private static bool IsHost(string host) => Uri.CheckHostName(host) != UriHostNameType.Unknown;

    private static bool IsWildcard(string host) =>
        IPAddress.TryParse(host, out var ip) && (ip.Equals(IPAddress.Any) || ip.Equals(IPAddress.IPv6Any));

    private static bool IsWithin(TimeSpan time, double least, double most) =>
        time.TotalSeconds >= least && time.TotalSeconds <= most;

    private static string Seconds(TimeSpan time) =>
        string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.###} s");
}
