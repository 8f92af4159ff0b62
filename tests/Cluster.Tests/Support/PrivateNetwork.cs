using System.Diagnostics;
using System.Globalization;

namespace ActorTrain.Cluster.Tests;

/// <summary>
/// Network namespaces of this machine, each with an address of its own, all at one switch; a cable can be pulled. Needs
/// root and iproute2.
/// </summary>
internal sealed class PrivateNetwork : IDisposable
{
    private static readonly string Prefix = string.Create(CultureInfo.InvariantCulture, $"at{Environment.ProcessId}");
    private readonly List<string> _namespaces = [];

    private PrivateNetwork()
    {
    }

    private static string Switch => $"{Prefix}-switch";

    /// <summary>A network with so many places; none when there can't be one here, and why.</summary>
    public static (PrivateNetwork? Network, string? Reason) TryCreate(int places)
    {
        var network = new PrivateNetwork();
        try
        {
            network.Add(Switch);
            Ip("-n", Switch, "link", "add", "br0", "type", "bridge");
            Ip("-n", Switch, "link", "set", "br0", "up");
            for (var place = 1; place <= places; place++) network.AddPlace(place);
            return (network, null);
        }
        catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            network.Dispose();
            return (null, e.Message);
        }
    }

    /// <summary>The address of a place, from 1 on.</summary>
    public static string AddressOf(int place) => string.Create(CultureInfo.InvariantCulture, $"10.99.0.{place}");

    /// <summary>A shell's command that runs what follows it at a place.</summary>
    public static string At(int place) => $"exec ip netns exec {NameOf(place)}";

    /// <summary>Pulls the cable of a place: nobody is told, packets just do not arrive.</summary>
    public static void Pull(int place) => Ip("-n", Switch, "link", "set", $"port{place}", "down");

    /// <summary>Plugs it in again.</summary>
    public static void Plug(int place) => Ip("-n", Switch, "link", "set", $"port{place}", "up");

    public void Dispose()
    {
        foreach (var name in _namespaces) Ip("netns", "del", name);
    }

    private static string NameOf(int place) => string.Create(CultureInfo.InvariantCulture, $"{Prefix}-{place}");

    private void AddPlace(int place)
    {
        var name = NameOf(place);
        Add(name);
        Ip("-n", Switch, "link", "add", $"port{place}", "type", "veth", "peer", "name", "eth0", "netns", name);
        Ip("-n", Switch, "link", "set", $"port{place}", "master", "br0");
        Plug(place);
        Ip("-n", name, "addr", "add", $"{AddressOf(place)}/24", "dev", "eth0");
        Ip("-n", name, "link", "set", "eth0", "up");
        Ip("-n", name, "link", "set", "lo", "up");
    }

    private void Add(string name)
    {
        Ip("netns", "add", name);
        _namespaces.Add(name);
    }

    private static void Ip(params string[] arguments)
    {
        using var ip = Process.Start(new ProcessStartInfo("ip", arguments) { RedirectStandardError = true })!;
        var error = ip.StandardError.ReadToEnd();
        ip.WaitForExit();
        if (ip.ExitCode != 0) throw new InvalidOperationException($"ip {string.Join(' ', arguments)}: {error.Trim()}");
    }
}
