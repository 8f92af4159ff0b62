using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace ActorTrain.Actors;

/// <summary>The address of a node to join by.</summary>
/// <param name="Host">A host name or an IP address.</param>
/// <param name="Port">1 to 65535.</param>
public sealed record SeedNode(string Host, int Port)
{
    /// <summary>Reads HOST:PORT; an IPv6 address stands in brackets.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out SeedNode? seed)
    {
        seed = null;
        var colon = text.LastIndexOf(':');
        if (colon <= 0) return false;
        var host = text[..colon];
        if (!int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port))
            return false;
        if (port is < 1 or > 65535 || !IsHost(host)) return false;
        seed = new(host, port);
        return true;
    }

    private static bool IsHost(string host) => Uri.CheckHostName(host) switch
    {
        UriHostNameType.Dns or UriHostNameType.IPv4 => true,
        UriHostNameType.IPv6 => host.StartsWith('['),
        _ => false,
    };
}
