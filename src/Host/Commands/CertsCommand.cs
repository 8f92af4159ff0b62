using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using ActorTrain.Actors.Security;

namespace ActorTrain.Host.Commands;

/// <summary><c>actortrain certs</c>: certificates for a cluster with TLS.</summary>
internal static class CertsCommand
{
    private const int MaximumDays = 36500;
    private static readonly string[] DefaultHosts = ["localhost,127.0.0.1,::1"];

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var folder = new Option<string>("--out") { Description = "Folder for the files.", Required = true };
        var hosts = new Option<string[]>("--host")
        {
            Description = "A node's name or address, or several with commas between them; once for each node. "
                + "Default: this machine's loopback.",
        };
        var days = new Option<int>("--days")
        {
            Description = "How long they are valid. Default: 365.",
            DefaultValueFactory = _ => 365,
        };
        var command = new Command("certs", "Make a certificate authority and a certificate for each node of a cluster.")
        {
            folder,
            hosts,
            days,
        };
        command.SetAction(parsed =>
        {
            var nodes = Nodes(parsed.GetValue(hosts) is { Length: > 0 } given ? given : DefaultHosts);
            Run(parsed.GetRequiredValue(folder), nodes, Days(parsed.GetValue(days)), TimeProvider.System.GetUtcNow());
            return 0;
        });
        return command;
    }

    private static int Days(int days) => days is >= 1 and <= MaximumDays
        ? days
        : throw new UsageException($"--days is {days}; give 1 to {MaximumDays}.");

    private static List<string[]> Nodes(string[] hosts)
    {
        var nodes = hosts.Select(host => host.Split(',', StringSplitOptions.TrimEntries)).ToList();
        foreach (var host in nodes.SelectMany(names => names))
            if (!IsAddress(host) && !IsName(host))
                throw new UsageException(
                    $"--host: '{host}' is neither a name nor an address; give for example worker-1 or 192.0.2.7.");
        var files = new HashSet<string>(Files("ca"), StringComparer.OrdinalIgnoreCase);
        if (nodes.SelectMany(node => Files(FileName(node))).FirstOrDefault(file => !files.Add(file)) is { } same)
            throw new UsageException(
                $"--host: two files would be called {same}; give each node another name first.");
        return nodes;
    }

    // 1.2.3 is an address too, of 1.2.0.3, but nobody means it.
    private static bool IsAddress(string host) => IPAddress.TryParse(host, out var address)
        && (address.AddressFamily == AddressFamily.InterNetwork
            ? address.ToString() == host
            : host.All(c => char.IsAsciiHexDigit(c) || c is ':' or '.'));

    // A last label of digits alone is the end of an address.
    private static bool IsName(string host) =>
        Uri.CheckHostName(host) == UriHostNameType.Dns && !host.Split('.')[^1].All(char.IsAsciiDigit);

    private static void Run(string folder, List<string[]> nodes, int days, DateTimeOffset now)
    {
        if (folder.Length == 0) throw new UsageException("--out is ''; give a folder.");
        foreach (var file in nodes.Select(FileName).Prepend("ca").SelectMany(Files))
            if (Path.Combine(folder, file) is var path && Path.Exists(path))
                throw new UsageException($"--out: {path} exists; give another folder.");
        // A clock that is a little behind must take them too.
        var (from, until) = (now.AddHours(-1), now.AddDays(days));
        using var authority = CertificateAuthority.Create(from, until);
        List<PemFile> files = [.. PemFiles("ca", authority.Certificate)];
        foreach (var node in nodes)
        {
            using var certificate = authority.Issue(node, from, until);
            files.AddRange(PemFiles(FileName(node), certificate));
        }
        PemFile.WriteAll(folder, files);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{folder}: valid until {until:yyyy-MM-dd}"));
        Console.WriteLine("  ca.pem: to every node");
        foreach (var node in nodes)
        {
            var (name, hosts) = (FileName(node), string.Join(", ", node));
            Console.WriteLine($"  {name}.pem, {name}-key.pem: to the node at {hosts}, and to no other");
        }
        Console.WriteLine("  ca-key.pem: to no node; whoever has it can make certificates that the cluster takes");
    }

    private static PemFile[] PemFiles(string name, X509Certificate2 certificate)
    {
        var files = Files(name);
        using var key = certificate.GetECDsaPrivateKey()!;
        return
        [
            new(files[0], certificate.ExportCertificatePem(), IsSecret: false),
            new(files[1], key.ExportPkcs8PrivateKeyPem(), IsSecret: true),
        ];
    }

    private static string[] Files(string name) => [$"{name}.pem", $"{name}-key.pem"];

    private static string FileName(string[] node) => node[0].Replace(':', '_');
}
