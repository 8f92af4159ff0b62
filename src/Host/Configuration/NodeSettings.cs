using ActorTrain.Actors;
using ActorTrain.Actors.Security;
using ActorTrain.Server;
using Microsoft.Extensions.Configuration;

namespace ActorTrain.Host.Configuration;

/// <summary>What the configuration says about a node of a cluster.</summary>
/// <param name="Cluster">How it takes part; its roles are the command's to say.</param>
internal sealed record NodeSettings(ClusterSettings Cluster)
{
    private const StringSplitOptions SplitOptions =
        StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries;

    /// <summary>The settings of a configuration.</summary>
    /// <param name="configuration">The configuration.</param>
    /// <param name="role">The node's.</param>
    /// <exception cref="UsageException">Some are not allowed; the message has a sentence for each.</exception>
    public static NodeSettings Read(IConfiguration configuration, string role = ClusterSettings.ServerRole)
    {
        var reader = new SettingsReader(configuration, Setting.Cluster);
        var defaults = new ClusterSettings();
        var cluster = new ClusterSettings
        {
            Roles = [role],
            Through = reader.Text("Through"),
            Host = reader.Text("Host") ?? defaults.Host,
            Port = reader.Whole("Port", 0, 65535) ?? 0,
            BulkPort = reader.Whole("BulkPort", 0, 65535) ?? 0,
            PublicHost = reader.Text("PublicHost"),
            SeedNodes = [.. (reader.Text("SeedNodes") ?? "").Split(',', SplitOptions)],
            Name = reader.Text("Name") ?? defaults.Name,
            Transport = reader.Word("Transport", "tcp", "akka") == "akka" ? BulkTransport.Akka : BulkTransport.Tcp,
            UsesSharedMemory = reader.Flag("SharedMemory") ?? defaults.UsesSharedMemory,
            ParameterServers = reader.Whole("ParameterServers", 0, ParameterRange.Most) ?? 0,
            CheckpointSteps = reader.Whole("CheckpointSteps", 2, 1_000_000_000) ?? defaults.CheckpointSteps,
            Tls = Tls(reader),
        };
        reader.RefuseUnknown();
        var errors = reader.Errors.Concat(cluster.Errors()).ToList();
        return errors.Count == 0 ? new(cluster) : throw new UsageException(string.Join('\n', errors));
    }

    /// <summary>
    /// Data shards of a server where nobody says how many: one a core, but none where it holds no parameters.
    /// </summary>
    public int ServerShards => Cluster.ParameterServers > 0 ? 0 : Environment.ProcessorCount;

    /// <summary>The node's identity; none without TLS.</summary>
    /// <exception cref="IdentityException">A file is missing or no PEM, or they do not belong together.</exception>
    public ClusterIdentity? LoadIdentity() => Cluster.Tls is { } files
        ? ClusterIdentity.Load(files.AuthorityFile, files.CertificateFile, files.KeyFile)
        : null;

    // All three or none: a missing one is an error that names it.
    private static TlsFiles? Tls(SettingsReader reader)
    {
        var (authority, certificate, key) = (
            reader.Text("TlsAuthority"), reader.Text("TlsCertificate"), reader.Text("TlsKey"));
        return authority is null && certificate is null && key is null
            ? null
            : new(certificate ?? "", key ?? "", authority ?? "");
    }
}
