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
            if (!IPAddress.TryParse(host, out _) && Uri.CheckHostName(host) != UriHostNameType.Dns)
                throw new UsageException(
                    $"--host: '{host}' is neither a name nor an address; give for example worker-1 or 192.0.2.7.");
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase) { "ca" };
        if (nodes.Select(FileName).FirstOrDefault(name => !names.Add(name)) is { } same)
            throw new UsageException(
                $"--host: two certificates would be called {same}.pem; give each node another name first.");
        return nodes;
    }

    private static void Run(string folder, List<string[]> nodes, int days, DateTimeOffset now)
    {
        Directory.CreateDirectory(folder);
        foreach (var name in nodes.Select(FileName).Prepend("ca"))
            if (Files(folder, name).FirstOrDefault(File.Exists) is { } existing)
                throw new UsageException($"--out: {existing} exists; give another folder.");
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
        {
            var (name, hosts) = (FileName(node), string.Join(", ", node));
            Console.WriteLine($"  {name}.pem, {name}-key.pem: to the node at {hosts}, and to no other");
        }
        Console.WriteLine("  ca-key.pem: to no node; whoever has it can make certificates that the cluster takes");
    }

    private static void Write(string folder, string name, X509Certificate2 certificate)
    {
        const UnixFileMode owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        var files = Files(folder, name);
        using var key = certificate.GetECDsaPrivateKey()!;
        Write(files[0], certificate.ExportCertificatePem(), owner | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        Write(files[1], key.ExportPkcs8PrivateKeyPem(), owner);
    }

    private static void Write(string path, string pem, UnixFileMode mode)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = mode;
        using var writer = new StreamWriter(path, options);
        writer.WriteLine(pem);
    }

    private static string[] Files(string folder, string name) =>
        [Path.Combine(folder, $"{name}.pem"), Path.Combine(folder, $"{name}-key.pem")];

    private static string FileName(string[] node) => node[0].Replace(':', '_');
}
