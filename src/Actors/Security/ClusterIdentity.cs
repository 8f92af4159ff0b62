using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ActorTrain.Actors.Security;

/// <summary>Who this node is in a cluster with TLS.</summary>
/// <param name="Authority">The cluster's certificate authority, without its key.</param>
/// <param name="Node">This node's certificate, with its key.</param>
public sealed record ClusterIdentity(X509Certificate2 Authority, X509Certificate2 Node)
{
    private const string Mend = "make certificates with 'actortrain certs'";

    /// <summary>Reads three PEM files, as <c>actortrain certs</c> writes them.</summary>
    /// <param name="authorityFile">The authority's certificate.</param>
    /// <param name="certificateFile">The node's certificate.</param>
    /// <param name="keyFile">The key of that certificate, not encrypted.</param>
    /// <exception cref="IdentityException">A file is missing or no PEM, or they do not belong together.</exception>
    public static ClusterIdentity Load(string authorityFile, string certificateFile, string keyFile)
    {
        var authority = Parse(authorityFile, "a certificate", static pem => X509Certificate2.CreateFromPem(pem));
        using var certificate = Parse(
            certificateFile, "a certificate", static pem => X509Certificate2.CreateFromPem(pem));
        if (!CertificateRule.IsSigned(certificate, authority, certificate.NotBefore))
            throw new IdentityException(
                certificateFile,
                $"not signed by the authority in {authorityFile}; give the ca.pem that was made with it");
        return new(authority, Parse(keyFile, $"the key of {certificateFile}", pem => WithKey(certificate, pem)));
    }

    private static X509Certificate2 WithKey(X509Certificate2 certificate, string pem)
    {
        using var withKey = X509Certificate2.CreateFromPem(certificate.ExportCertificatePem(), pem);
        // TLS on Windows takes no key that lives in memory only.
        return X509CertificateLoader.LoadPkcs12(withKey.Export(X509ContentType.Pkcs12), password: null);
    }

    private static X509Certificate2 Parse(string file, string what, Func<string, X509Certificate2> parse)
    {
        try
        {
            return parse(File.ReadAllText(file));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new IdentityException(file, $"no such file; {Mend}");
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new IdentityException(file, $"not {what} in PEM ({e.Message.TrimEnd('.')}); {Mend}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IdentityException(
                file, $"cannot be read ({e.Message.TrimEnd('.')}); let the user that runs the node read it");
        }
    }
}
