using System.CommandLine;
using System.Globalization;
using System.Net;
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
            Description = "A node's name or address, or several with commas between them; once for each node. Default: this machine's loopback.",
        };
        var days = new Option<int>("--days") { Description = "How long they are valid. Default: 365.", DefaultValueFactory = _ => 365 };
        var command = new Command("certs", "Make a certificate authority and a certificate for each node of a cluster.") { folder, hosts, days };
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
            if (!IPAddress.TryParse(host, out _) && Uri.CheckHostName(host) != UriHostNameType.Dns)
                throw new UsageException($"--host: '{host}' is neither a name nor an address; give for example worker-1.example.net or 192.0.2.7.");
        if (nodes.Select(FileName).Append("ca").GroupBy(name => name, StringComparer.OrdinalIgnoreCase).FirstOrDefault(g => g.Count() > 1) is { } same)
            throw new UsageException($"--host: two certificates would be called {same.Key}.pem; give each node another name first.");
        return nodes;
    }

    private static void Run(string folder, List<string[]> nodes, int days, DateTimeOffset now)
    {
        Directory.CreateDirectory(folder);
        foreach (var file in nodes.Select(FileName).Prepend("ca").SelectMany(name => new[] { $"{name}.pem", $"{name}-key.pem" }))
            if (File.Exists(Path.Combine(folder, file)))
                throw new UsageException($"--out: {Path.Combine(folder, file)} exists; give another folder.");
        // A clock that is a little behind must take them too.
        var (from, until) = (now.AddHours(-1), now.AddDays(days));
        using var authority = CertificateAuthority.Create(from, until);
        Write(folder, "ca", authority.Certificate);
        foreach (var node in nodes)
        {
            using var certificate = authority.Issue(node, from, until);
            Write(folder, FileName(node), certificate);
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{folder}: valid until {until:yyyy-MM-dd}"));
        Console.WriteLine("  ca.pem: to every node");
        foreach (var node in nodes)
            Console.WriteLine($"  {FileName(node)}.pem, {FileName(node)}-key.pem: to the node at {string.Join(", ", node)}, and to no other");
        Console.WriteLine("  ca-key.pem: to no node; whoever has it can make certificates that the cluster takes");
    }

    private static void Write(string folder, string name, X509Certificate2 certificate)
    {
        using var key = certificate.GetECDsaPrivateKey()!;
        Write(Path.Combine(folder, $"{name}-key.pem"), key.ExportPkcs8PrivateKeyPem(), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Write(
            Path.Combine(folder, $"{name}.pem"),
            certificate.ExportCertificatePem(),
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
    }

    private static void Write(string path, string pem, UnixFileMode mode)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = mode;
        using var writer = new StreamWriter(path, options);
        writer.WriteLine(pem);
    }

    private static string FileName(string[] node) => node[0].Replace(':', '_');
}
