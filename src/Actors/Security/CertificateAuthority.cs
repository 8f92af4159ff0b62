using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ActorTrain.Actors.Security;

/// <summary>Makes a cluster's certificates: an authority, and what it signs. ECDSA, P-256.</summary>
public sealed class CertificateAuthority : IDisposable
{
    private const int SerialBytes = 16;

    private readonly DateTimeOffset _until;

    private CertificateAuthority(X509Certificate2 certificate, DateTimeOffset until)
    {
        Certificate = certificate;
        _until = until;
    }

    /// <summary>The authority's own certificate, with its key.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>A new authority, that nobody trusts yet.</summary>
    /// <param name="from">Valid from.</param>
    /// <param name="until">Valid until.</param>
    public static CertificateAuthority Create(DateTimeOffset from, DateTimeOffset until)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=ActorTrain cluster authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(
            certificateAuthority: true, hasPathLengthConstraint: true, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(
            new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        return new(request.CreateSelfSigned(from, until), until);
    }

    /// <summary>A node's certificate, for both sides of a connection, with a key of its own.</summary>
    /// <param name="hosts">Names and addresses that the node is connected to, and connects from; at least one.</param>
    /// <param name="from">Valid from.</param>
    /// <param name="until">Valid until, but not longer than the authority.</param>
    public X509Certificate2 Issue(IReadOnlyList<string> hosts, DateTimeOffset from, DateTimeOffset until)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(Name(hosts[0]), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(
            certificateAuthority: false, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(
            new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(
            [new Oid(CertificateRule.ServerAuthentication), new Oid(CertificateRule.ClientAuthentication)],
            critical: false));
        request.CertificateExtensions.Add(AlternativeNames(hosts));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(
            Certificate, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        using var signed = request.Create(Certificate, from, until < _until ? until : _until, Serial());
        using var withKey = signed.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(
            withKey.Export(X509ContentType.Pkcs12), null, X509KeyStorageFlags.Exportable);
    }

    /// <inheritdoc/>
    public void Dispose() => Certificate.Dispose();

    private static X500DistinguishedName Name(string host)
    {
        var name = new X500DistinguishedNameBuilder();
        name.AddCommonName(host);
        return name.Build();
    }

    private static X509Extension AlternativeNames(IReadOnlyList<string> hosts)
    {
        var names = new SubjectAlternativeNameBuilder();
        foreach (var host in hosts)
        {
            if (IPAddress.TryParse(host, out var address)) names.AddIpAddress(address);
            else names.AddDnsName(host);
        }
        return names.Build();
    }

    private static byte[] Serial()
    {
        var serial = RandomNumberGenerator.GetBytes(SerialBytes);
        serial[0] &= 0x7F; // a positive number
        return serial;
    }
}
