using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ActorTrain.Actors.Security;

/// <summary>Which side of a connection a certificate stands for.</summary>
public enum CertificateUse
{
    /// <summary>The side that was connected to.</summary>
    Server,

    /// <summary>The side that connected.</summary>
    Client,
}

/// <summary>The one rule by which every connection of the cluster takes or refuses its peer's certificate.</summary>
public static class CertificateRule
{
    /// <summary>Key purpose of a server's certificate (RFC 5280, 4.2.1.12).</summary>
    internal const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    /// <summary>Key purpose of a client's certificate.</summary>
    internal const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    /// <summary>
    /// Takes a certificate that the cluster's own authority has signed, that is valid now, for this use and this host.
    /// </summary>
    /// <param name="certificate">The peer's; none: it showed none.</param>
    /// <param name="authority">The only one that is trusted; the machine's store of authorities does not count.</param>
    /// <param name="use">What the certificate must be good for.</param>
    /// <param name="host">The peer's name or address, which must be one of the certificate's alternative names.</param>
    /// <param name="now">When.</param>
    /// <returns>None when it is taken, else why not.</returns>
    public static string? Check(
        X509Certificate2? certificate, X509Certificate2 authority, CertificateUse use, string host, DateTimeOffset now)
    {
        if (certificate is null) return "it has no certificate";
        DateTimeOffset from = certificate.NotBefore, until = certificate.NotAfter;
        if (now >= until) return $"its certificate expired at {until:u}";
        if (now < from) return $"its certificate is not valid before {from:u}";
        if (!IsSigned(certificate, authority, now)) return "its certificate is not from this cluster's authority";
        if (!IsFor(certificate, use)) return $"its certificate is not for a {Side(use)}";
        return Names(certificate, host) ? null : $"its certificate is for another host than {host}";
    }

    /// <summary>As certificates name it: a socket for both families shows 127.0.0.1 as ::ffff:127.0.0.1.</summary>
    internal static string HostOf(IPAddress address) =>
        (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString();

    /// <summary>Whether the authority itself has signed it, and both are valid then.</summary>
    internal static bool IsSigned(X509Certificate2 certificate, X509Certificate2 authority, DateTimeOffset now)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        // Else a stranger's certificate could make this node fetch from an address that it names.
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationTime = now.UtcDateTime;
        chain.ChainPolicy.VerificationTimeIgnored = false;
        return chain.Build(certificate);
    }

    private static bool IsFor(X509Certificate2 certificate, CertificateUse use)
    {
        var wanted = use == CertificateUse.Server ? ServerAuthentication : ClientAuthentication;
        return certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>()
            .Any(extension => extension.EnhancedKeyUsages.OfType<Oid>().Any(oid => oid.Value == wanted));
    }

    private static string Side(CertificateUse use) => use switch
    {
        CertificateUse.Server => "server",
        CertificateUse.Client => "client",
    };

    private static bool Names(X509Certificate2 certificate, string host)
    {
        var name = IPAddress.TryParse(host, out var address) ? HostOf(address) : host;
        try
        {
            return certificate.MatchesHostname(name, allowWildcards: false, allowCommonName: false);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            return false;
        }
    }
}
